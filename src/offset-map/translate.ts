import { atLeast } from './bounds.ts';
import type { Segment } from './segment.ts';

/**
 * Translation of offsets, exact or not at all. May re-read; must never skip.
 *
 *   source   |  never    | d   d   d | m | d   d | c   c | a   m | d | m | not mirrored yet |
 *            |  mirrored | 100   102 |103|104 105|106 107|108 109|110|111| 112         113  | 114
 *            log start   startSource                                      nextSource          log end
 *
 *   target               | d   d   d | m | d   d | d | m |
 *                        | 90     92 | 93| 94  95| 96| 97| 98
 *                                                          nextTarget, log end
 *
 *   d data record, m marker of a transaction, a aborted record, c taken by the cleaner before it was copied
 *
 * A group's next record is the first d at or above its offset. Segments hold every d from `startSource` to `nextSource`,
 * so that is the first offset of a segment at or above the group's: 101 -> 91, 103 -> 94, 106 -> 96, 108 -> 96. Where
 * none is left the group has read all that is mirrored and goes to the target's end, so that its lag is 0: 111 and
 * 112 -> 98. 113 is `unknown`, and so is all that stands below `startSource`.
 *
 * A larger answer would skip the record; a smaller one would show records again or count lag that is none.
 */
export interface TranslationInput {
  /** All of the partition's map in order, sealed segments too. */
  readonly segments: readonly Segment[];
  /** Older segments, all of them below both log starts when they were dropped, are missing. Absent: none are. */
  readonly trimmed?: boolean;
  /** As in the position record. */
  readonly startSource: bigint;
  readonly nextSource: bigint;
  readonly nextTarget: bigint;
  readonly source: LogRange;
  /**
   * The target's log. `end` is the largest offset that is known to have no data record of anybody between it and
   * `nextTarget`; `nextTarget` itself is always right, for the next mirrored record comes there or later.
   */
  readonly target: LogRange;
}

/** A partition's log: `start` is the first offset kept, `end` the first one not written. */
export interface LogRange {
  readonly start: bigint;
  readonly end: bigint;
}

export type Translation =
  | { readonly result: 'translated'; readonly target: bigint }
  /** The source deleted what stood at this offset. */
  | { readonly result: 'below-start' }
  /** The source never wrote this offset. */
  | { readonly result: 'above-end' }
  | { readonly result: 'unknown'; readonly why: UnknownReason };

/**
 * `before-start`: mirroring began above it. `not-yet`: the mirror has not come that far. `lost-at-target`: the target's
 * log ends below the record, and an offset there would be guessed.
 */
export type UnknownReason = 'before-start' | 'not-yet' | 'lost-at-target';

/**
 * The target offset for a consumer that reads `offset` next at the source: the largest one whose next data record is the
 * consumer's next record. Where the target has deleted that record, its log start.
 */
export function translate(input: TranslationInput, offset: bigint): Translation {
  if (offset < input.source.start) return { result: 'below-start' };
  if (offset > input.source.end) return { result: 'above-end' };
  if (offset < input.startSource || isTrimmed(input, offset, (segment) => segment.source)) {
    return { result: 'unknown', why: 'before-start' };
  }
  const next = firstAtOrAbove(input.segments, offset, (segment) => segment.source);
  if (next !== undefined) {
    const target = next.target + atLeast(offset - next.source, 0n);
    return target < input.target.end ? placed(input, target) : lostAtTarget;
  }
  if (offset > input.nextSource) return { result: 'unknown', why: 'not-yet' };
  return input.nextTarget > input.target.end ? lostAtTarget : placed(input, input.target.end);
}

const lostAtTarget: Translation = { result: 'unknown', why: 'lost-at-target' };

function placed(input: TranslationInput, target: bigint): Translation {
  return { result: 'translated', target: atLeast(target, input.target.start) };
}

export type BackTranslation =
  | { readonly result: 'translated'; readonly source: bigint }
  | { readonly result: 'below-start' | 'above-end' | 'unknown' };

/**
 * The other way: the source offset for a consumer that reads `offset` next at the target; `nextSource` behind the last
 * mirrored record. Above `target.end` stands nothing that came from the source.
 */
export function translateBack(input: TranslationInput, offset: bigint): BackTranslation {
  if (offset < input.target.start) return { result: 'below-start' };
  if (offset > input.target.end) return { result: 'above-end' };
  if (isTrimmed(input, offset, (segment) => segment.target)) return { result: 'unknown' };
  const next = firstAtOrAbove(input.segments, offset, (segment) => segment.target);
  if (next !== undefined) {
    return placedBack(input, next.source + atLeast(offset - next.target, 0n));
  }
  return placedBack(input, input.nextSource);
}

function placedBack(input: TranslationInput, source: bigint): BackTranslation {
  if (source > input.source.end) return { result: 'unknown' };
  return { result: 'translated', source: atLeast(source, input.source.start) };
}

/** What stood here was dropped from the map: a log that starts lower again, as after an unclean election, shows it. */
function isTrimmed(
  { trimmed, segments }: TranslationInput,
  offset: bigint,
  startOf: (one: Segment) => bigint,
): boolean {
  const [first] = segments;
  return trimmed === true && (first === undefined || offset < startOf(first));
}

/** The segment that holds the offset, or else the first one above it. */
export function firstAtOrAbove(
  segments: readonly Segment[],
  offset: bigint,
  startOf: (segment: Segment) => bigint,
): Segment | undefined {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const segment = segments[middle];
    if (segment !== undefined && startOf(segment) + segment.length > offset) high = middle;
    else low = middle + 1;
  }
  return segments[low];
}
