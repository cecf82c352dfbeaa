import { atLeast } from '../../src/offset-map/bounds.ts';
import type { Segment } from '../../src/offset-map/segment.ts';
import { firstAtOrAbove } from '../../src/offset-map/translate.ts';

/** Finds the segment that holds an offset, one step of a segment at a time; undefined where none does. Ask in ascending order. */
export type SegmentCursor = (offset: bigint) => Segment | undefined;

/** By source offsets. */
export function segmentsBySource(segments: readonly Segment[]): SegmentCursor {
  return segmentCursor(segments, (one) => one.source);
}

/** By target offsets. */
export function segmentsByTarget(segments: readonly Segment[]): SegmentCursor {
  return segmentCursor(segments, (one) => one.target);
}

/** The target offset of a source offset that the segment holds. */
export function targetOf({ source, target }: Segment, sourceOffset: bigint): bigint {
  return sourceOffset - source + target;
}

/** The source offset of a target offset that the segment holds. */
export function sourceOf({ source, target }: Segment, targetOffset: bigint): bigint {
  return targetOffset - target + source;
}

function segmentCursor(segments: readonly Segment[], startOf: (segment: Segment) => bigint): SegmentCursor {
  let index = 0;
  return function find(offset) {
    let segment = segments[index];
    while (segment !== undefined && startOf(segment) + segment.length <= offset) {
      index += 1;
      segment = segments[index];
    }
    return segment === undefined || offset < startOf(segment) ? undefined : segment;
  };
}

/** The segment that holds an offset, by search. */
export function segmentHolding(
  segments: readonly Segment[],
  offset: bigint,
  startOf: (segment: Segment) => bigint,
): Segment | undefined {
  const segment = firstAtOrAbove(segments, offset, startOf);
  return segment === undefined || offset < startOf(segment) ? undefined : segment;
}

/** The target offset of the first mirrored record at a source offset or behind it; undefined where there is none. */
export function placeAtOrBehind(segments: readonly Segment[], sourceOffset: bigint): bigint | undefined {
  const segment = firstAtOrAbove(segments, sourceOffset, (one) => one.source);
  return segment === undefined ? undefined : segment.target + atLeast(sourceOffset - segment.source, 0n);
}
