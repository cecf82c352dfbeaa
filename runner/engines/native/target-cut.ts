import { targetEnd } from '../../../src/offset-map/append.ts';
import { atLeast } from '../../../src/offset-map/bounds.ts';
import type { BatchFate } from '../../records/aborted.ts';
import { baseOffsetOf, lastOffsetOf, producerIdOf, recordCountOf } from '../../records/header.ts';
import type { FlowContext } from './flow-context.ts';
import { type Loss, type LossPlace, loss, partitionName } from './losses.ts';
import type { StoredPosition } from './positions.ts';
import { type ScanRange, scanBatches } from './scan.ts';
import type { SourceStart } from './source-start.ts';
import type { LogRange } from './ways-on.ts';

/** A batch as a scan meets it. */
export interface SeenBatch {
  readonly batch: Buffer;
  readonly fate: BatchFate;
  readonly isOurs: boolean;
}

/** Committed records of ours. Above a cut there are none: what a session wrote at a lower offset than expected it aborts. */
export function isOwnData({ batch, fate, isOurs }: SeenBatch): boolean {
  return fate === 'data' && isOurs && recordCountOf(batch) > 0;
}

/**
 * The target offset behind the last record that is mirrored, by the newest part of the map; null where there is none. What
 * stands there is ours and committed, or the target has lost it.
 */
export function mirroredEnd(
  { segments, cutSpan, dropSealed }: Pick<SourceStart, 'segments' | 'cutSpan' | 'dropSealed'>,
  stored: StoredPosition | undefined,
): bigint | null {
  const last = segments.at(-1);
  if (last !== undefined) return targetEnd(last);
  if (cutSpan !== undefined) return cutSpan.targetEnd;
  const dropped = new Set(dropSealed);
  const newest = stored?.sealed().findLast((one) => !dropped.has(one.first));
  if (newest === undefined) return null;
  const end = newest.segments().at(-1);
  return 'span' in newest ? newest.span.targetEnd : end === undefined ? null : targetEnd(end);
}

/** What was mirrored up to `mirrored` is there no more: at least that of this batch's place, which holds something else now. */
export function replaced(place: LossPlace, batch: Buffer, mirrored: bigint): Loss {
  const offset = baseOffsetOf(batch);
  return loss('target-lost', place, {
    summary: `The target partition ${partitionName(place.target)} was written up to offset ${mirrored}, but lost records: from offset ${offset} on stands something else.`,
    offsets: { offset, mirrored },
  });
}

/**
 * Behind the last record of ours that a target still holds, which has lost some; null where that is not certain. Whatever came
 * after the loss is aborted, a marker, or somebody else's; what of our last transaction was left without its marker is
 * aborted by now, too. So all of the map up to here is there, and nothing of it from here on.
 *
 *   map      | d   d | d   d | d   d |
 *   target   | d   d | d   d | aborted, ours | marker | stranger's |
 *                            ^ found: [2] d is the last one of ours       ^ log.end
 *
 * Reads batch headers from the last segment's beginning that is found to hold records of ours. Nothing is certain where an
 * offset is missing behind the last record (compaction may have taken what came after the loss), where retention has passed
 * all of what might tell, or where records of ours stand that the map does not know.
 */
export async function endOfOurs(
  flow: FlowContext,
  start: SourceStart,
  stored: StoredPosition,
  log: LogRange,
): Promise<bigint | null> {
  const { target, clock, ledger } = flow.options;
  const { topic, partition } = start.target;
  const ours = new Set(ledger.known());
  const visit = (from: bigint, each: (seen: SeenBatch) => 'next' | 'stop') => {
    const range: ScanRange = { topic, partition, from, to: log.end };
    return scanBatches(target, range, clock, (batch, fate) =>
      each({ batch, fate, isOurs: ours.has(producerIdOf(batch)) }),
    );
  };
  const begins = [...stored.sealed().map((one) => one.begin().target), ...stored.record.segments.map((o) => o.target)];
  const first = begins[0];
  if (first === undefined) return log.end;
  const from = await lastHeld([...new Set(begins.map((one) => atLeast(one, log.start)))], holdsOurs);
  if (from === null && first < log.start) return null;
  let end = from ?? first;
  let next = end;
  let isWhole = true;
  await visit(end, (seen) => {
    isWhole = isOwnData(seen) || (isWhole && baseOffsetOf(seen.batch) <= next);
    next = lastOffsetOf(seen.batch) + 1n;
    if (isOwnData(seen)) end = next;
    return 'next';
  });
  const known = mirroredEnd({ segments: stored.record.segments }, stored) ?? first;
  return isWhole && end <= known ? end : null;

  /** Whether a record of ours stands at the offset, or is the first one behind it. */
  async function holdsOurs(offset: bigint): Promise<boolean> {
    let holds = false;
    if (offset >= log.end) return false;
    await visit(offset, (seen) => {
      holds = isOwnData(seen);
      return 'stop';
    });
    return holds;
  }
}

/** The highest of these offsets that is held, where all below one that is held are; null where none is. */
async function lastHeld(
  offsets: readonly bigint[],
  isHeld: (offset: bigint) => Promise<boolean>,
): Promise<bigint | null> {
  let [low, high] = [0, offsets.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const offset = offsets[middle];
    if (offset !== undefined && (await isHeld(offset))) low = middle + 1;
    else high = middle;
  }
  return offsets[low - 1] ?? null;
}
