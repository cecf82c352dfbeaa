import * as fc from 'fast-check';
import { appendRun } from '../../../src/offset-map/append.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import type { TranslationInput } from '../../../src/offset-map/translate.ts';

/** What stands at one offset: a data record by its name, or anything that no consumer sees. */
export type Slot = number | 'nothing';

/** Two logs, the first copied to the second as a mirror would, and what a translation is given of them. */
export interface MirroredLog {
  readonly input: TranslationInput;
  /** By offset; `nothing` below the log start too. */
  readonly source: readonly Slot[];
  readonly target: readonly Slot[];
}

interface Seeds {
  readonly kinds: readonly ('data' | 'nothing')[];
  readonly mirroredShare: number;
  readonly startShare: number;
  readonly beginShare: number;
  readonly targetLead: number;
  readonly endings: readonly ('go on' | 'commit' | 'abort')[];
}

/** By whole percents: floating-point numbers are mostly drawn near zero. */
const shareBelow = (percent: number) => fc.integer({ min: 0, max: percent }).map((one) => one / 100);

const seeds: fc.Arbitrary<Seeds> = fc.record({
  kinds: fc.array(fc.constantFrom('data' as const, 'data' as const, 'nothing' as const), {
    maxLength: 40,
    size: 'max',
  }),
  mirroredShare: shareBelow(100),
  startShare: shareBelow(100),
  beginShare: shareBelow(30),
  targetLead: fc.nat({ max: 5 }),
  endings: fc.array(fc.constantFrom('go on' as const, 'commit' as const, 'abort' as const), {
    minLength: 41,
    maxLength: 41,
  }),
});

export const mirroredLogs: fc.Arbitrary<MirroredLog> = seeds.map(mirror);

/**
 * Copies record by record; behind each one the transaction may be committed (a marker at the target) or aborted before
 * it (a copy that nobody sees, and a marker).
 */
function mirror({ kinds, mirroredShare, startShare, beginShare, targetLead, endings }: Seeds): MirroredLog {
  const source = kinds.map((kind, offset): Slot => (kind === 'data' ? offset : 'nothing'));
  const nextSource = Math.round(mirroredShare * source.length);
  const startSource = Math.round(beginShare * nextSource);
  const target: Slot[] = Array.from({ length: targetLead }, () => 'nothing');
  const segments: Segment[] = [];
  for (let offset = startSource; offset < nextSource; offset += 1) {
    const slot = source[offset] ?? 'nothing';
    if (slot === 'nothing') continue;
    if (endings[offset] === 'abort') target.push('nothing', 'nothing');
    appendRun(segments, { source: BigInt(offset), target: BigInt(target.length), length: 1n });
    target.push(slot);
    if (endings[offset] === 'commit') target.push('nothing');
  }
  const nextTarget = BigInt(target.length);
  if (endings[40] === 'abort') target.push('nothing', 'nothing');
  const sourceStart = Math.round(startShare * source.length);
  const input = {
    segments,
    startSource: BigInt(startSource),
    nextSource: BigInt(nextSource),
    nextTarget,
    source: { start: BigInt(sourceStart), end: BigInt(source.length) },
    target: { start: 0n, end: BigInt(target.length) },
  };
  return { input, source, target };
}

/** What a consumer at this offset reads next; `end` behind the last record. */
export function nextRecord(log: readonly Slot[], offset: bigint, end: number = log.length): Slot | 'end' {
  for (let at = Number(offset); at < end; at += 1) {
    const slot = log[at];
    if (slot !== undefined && slot !== 'nothing') return slot;
  }
  return 'end';
}
