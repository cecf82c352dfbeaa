import { atLeast } from './bounds.ts';
import type { Segment } from './segment.ts';
import type { Span } from './span.ts';

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
  /** Parts of the map between the segments, in order, whose own segments are not known here. Absent: none. */
  readonly spans?: readonly Span[];
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
 * log ends below the record, and an offset there would be guessed. `in-span`: it stands in a span, and both logs were not
 * read for it or no longer tell.
 */
export type UnknownReason = 'before-start' | 'not-yet' | 'lost-at-target' | 'in-span';

/**
 * The target offset for a consumer that reads `offset` next at the source: the largest one whose next data record is the
 * consumer's next record. Where the target has deleted that record, its log start.
 */
export function translate(input: TranslationInput, offset: bigint): Translation {
  if (offset < input.source.start) return { result: 'below-start' };
  if (offset > input.source.end) return { result: 'above-end' };
  if (offset < input.startSource || isTrimmed(input, offset, sourceSide)) {
    return { result: 'unknown', why: 'before-start' };
  }
  const next = nextAtOrAbove(input, offset, sourceSide);
  if (next === 'in-span') return { result: 'unknown', why: 'in-span' };
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
  if (isTrimmed(input, offset, targetSide)) return { result: 'unknown' };
  const next = nextAtOrAbove(input, offset, targetSide);
  if (next === 'in-span') return { result: 'unknown' };
  if (next !== undefined) {
    return placedBack(input, next.source + atLeast(offset - next.target, 0n));
  }
  return placedBack(input, input.nextSource);
}

function placedBack(input: TranslationInput, source: bigint): BackTranslation {
  if (source > input.source.end) return { result: 'unknown' };
  return { result: 'translated', source: atLeast(source, input.source.start) };
}

/** One of the two logs, as segments and spans speak of it. */
interface Side {
  startOf(one: Segment | Span): bigint;
  endOf(span: Span): bigint;
}

const sourceSide: Side = { startOf: (one) => one.source, endOf: (span) => span.sourceEnd };
const targetSide: Side = { startOf: (one) => one.target, endOf: (span) => span.targetEnd };

/** What stood here was dropped from the map: a log that starts lower again, as after an unclean election, shows it. */
function isTrimmed({ trimmed, segments, spans = [] }: TranslationInput, offset: bigint, { startOf }: Side): boolean {
  if (trimmed !== true) return false;
  return [segments[0], spans[0]].every((first) => first === undefined || offset < startOf(first));
}

/** The segment that holds the offset, or else the first one above it; that of a span begins it. */
function nextAtOrAbove(input: TranslationInput, offset: bigint, side: Side): Segment | 'in-span' | undefined {
  const { startOf, endOf } = side;
  const next = firstAtOrAbove(input.segments, offset, startOf);
  const span = firstEndingAbove(input.spans ?? [], offset, endOf);
  if (span === undefined || (next !== undefined && startOf(next) < startOf(span))) return next;
  return offset <= startOf(span) ? { source: span.source, target: span.target, length: 1n } : 'in-span';
}

/** The segment that holds the offset, or else the first one above it. */
export function firstAtOrAbove(
  segments: readonly Segment[],
  offset: bigint,
  startOf: (segment: Segment) => bigint,
): Segment | undefined {
  return firstEndingAbove(segments, offset, (segment) => startOf(segment) + segment.length);
}

/** The first of those in order whose end is above the offset. */
function firstEndingAbove<T>(all: readonly T[], offset: bigint, endOf: (one: T) => bigint): T | undefined {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = all[middle];
    if (one !== undefined && endOf(one) > offset) high = middle;
    else low = middle + 1;
  }
  return all[low];
}
