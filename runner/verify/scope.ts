import { createHash } from 'node:crypto';
import type { TranslationInput } from '../../src/offset-map/translate.ts';
import type { ComparedRange } from './compared-range.ts';
import { sampleBlocksMax, sampleOffsetsMin } from './limits.ts';
import { placeAtOrBehind } from './segment-cursor.ts';

/** How much of what is mirrored is compared. */
export type Scope =
  | { readonly kind: 'all' }
  /** A share of each partition, in stretches that the seed chooses. */
  | { readonly kind: 'sample'; readonly share: number; readonly seed: number }
  /** From the first record of each partition that is as new as this, by its own timestamp. */
  | { readonly kind: 'since'; readonly timestampMs: bigint }
  /** The newest offsets of each partition. */
  | { readonly kind: 'tail'; readonly offsets: bigint };

/** The stretches of a range that the scope wants, in order. `since`: the source offset at which its time begins. */
export function stretchesOf(
  scope: Scope,
  range: ComparedRange,
  place: { readonly name: string; readonly input: Pick<TranslationInput, 'segments'>; readonly since: bigint },
): readonly ComparedRange[] {
  const { start, end } = range.source;
  const from = (offset: bigint) => [cut(range, place.input, { start: offset < start ? start : offset, end })];
  switch (scope.kind) {
    case 'all':
      return [range];
    case 'since':
      return place.since >= end ? [] : from(place.since);
    case 'tail':
      return from(end - scope.offsets);
    case 'sample':
      return sampled(scope, range, place.name).map((one) => cut(range, place.input, one));
  }
}

interface Stretch {
  readonly start: bigint;
  readonly end: bigint;
}

function cut(range: ComparedRange, { segments }: Pick<TranslationInput, 'segments'>, source: Stretch): ComparedRange {
  const placeOf = (offset: bigint) => placeAtOrBehind(segments, offset) ?? range.target.end;
  const start = source.start === range.source.start ? range.target.start : placeOf(source.start);
  const end = source.end === range.source.end ? range.target.end : placeOf(source.end);
  return { source, target: { start, end } };
}

/** Blocks of equal size, as many as make up the share; those that the seed puts first. */
function sampled({ share, seed }: { share: number; seed: number }, range: ComparedRange, name: string): Stretch[] {
  const { start, end } = range.source;
  const offsets = Number(end - start);
  if (offsets === 0) return [];
  const blocks = Math.min(sampleBlocksMax, Math.ceil(offsets / sampleOffsetsMin));
  const size = Math.ceil(offsets / blocks);
  const chosen = Array.from({ length: Math.ceil(offsets / size) }, (_, block) => block)
    .map((block) => ({ block, rank: createHash('sha256').update(`${seed} ${name} ${block}`).digest('hex') }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .slice(0, Math.max(1, Math.round((share * offsets) / size)))
    .map(({ block }) => block)
    .sort((one, other) => one - other);
  const stretches: { start: bigint; end: bigint }[] = [];
  for (const block of chosen) {
    const from = start + BigInt(block * size);
    const to = from + BigInt(size) < end ? from + BigInt(size) : end;
    const last = stretches.at(-1);
    if (last?.end === from) last.end = to;
    else stretches.push({ start: from, end: to });
  }
  return stretches;
}

/** What the stretches leave out of a range, by source offsets. */
export function leftOut(range: ComparedRange, stretches: readonly ComparedRange[]): readonly Stretch[] {
  const left: Stretch[] = [];
  let at = range.source.start;
  for (const { source } of stretches) {
    if (source.start > at) left.push({ start: at, end: source.start });
    at = source.end;
  }
  if (range.source.end > at) left.push({ start: at, end: range.source.end });
  return left;
}
