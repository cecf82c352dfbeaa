import type { Segment } from '../../src/offset-map/segment.ts';

/** Looks up ascending offsets in a map, one step of a segment at a time. */
export type OffsetMapCursor = (offset: bigint) => bigint | null;

/** The target offset of a mirrored source record; null for an offset that the map does not hold. Ask in ascending order. */
export function sourceToTarget(segments: readonly Segment[]): OffsetMapCursor {
  return mapCursor(
    segments,
    (one) => one.source,
    (one) => one.target,
  );
}

/** The source offset of a mirrored target record; null for an offset that the map does not hold. Ask in ascending order. */
export function targetToSource(segments: readonly Segment[]): OffsetMapCursor {
  return mapCursor(
    segments,
    (one) => one.target,
    (one) => one.source,
  );
}

function mapCursor(
  segments: readonly Segment[],
  from: (segment: Segment) => bigint,
  to: (segment: Segment) => bigint,
): OffsetMapCursor {
  let index = 0;
  return function lookUp(offset) {
    let segment = segments[index];
    while (segment !== undefined && from(segment) + segment.length <= offset) {
      index += 1;
      segment = segments[index];
    }
    if (segment === undefined || offset < from(segment)) return null;
    return to(segment) + (offset - from(segment));
  };
}
