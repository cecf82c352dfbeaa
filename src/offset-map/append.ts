import type { Segment } from './segment.ts';

/**
 * Adds a run of mirrored records to the end of an offset map, in place. It joins the last segment where it goes on
 * without a gap on both sides; a run of length 0 adds nothing. Throws where the run does not stand behind all of the
 * map on both sides: the caller would lose the order that every translation relies on.
 */
export function appendRun(segments: Segment[], run: Segment): void {
  if (run.length < 0n) throw new RangeError(`A run of ${run.length} records.`);
  if (run.length === 0n) return;
  const last = segments.at(-1);
  if (last === undefined) {
    segments.push(run);
    return;
  }
  const sourceGap = run.source - sourceEnd(last);
  const targetGap = run.target - targetEnd(last);
  if (sourceGap < 0n || targetGap < 0n) {
    throw new RangeError(`The run ${show(run)} does not stand behind the segment ${show(last)}.`);
  }
  if (sourceGap === 0n && targetGap === 0n) {
    segments[segments.length - 1] = { source: last.source, target: last.target, length: last.length + run.length };
    return;
  }
  segments.push(run);
}

/** The first source offset behind a segment. */
export function sourceEnd(segment: Segment): bigint {
  return segment.source + segment.length;
}

/** The first target offset behind a segment. */
export function targetEnd(segment: Segment): bigint {
  return segment.target + segment.length;
}

function show(segment: Segment): string {
  return `${segment.source} -> ${segment.target} (${segment.length})`;
}
