import { appendRun, sourceEnd, targetEnd } from './append.ts';
import { atMost } from './bounds.ts';
import type { Segment } from './segment.ts';

/**
 * A part of the map of which only both ends are kept: so many records stand between them on both sides, in the same order.
 *
 *   source   | d   d   d | m | d   d | a   a | m | d |      source: of the first d, sourceEnd: behind the last one
 *   target   | d   d   d   d   d | m | d |                  the same at the target
 *
 * The n-th d of one side is the n-th d of the other one, counted from either end, as long as neither log lost one between
 * the counted ones, and no transaction of theirs has ended anew. Whoever asks scans both logs by batch headers.
 */
export interface Span {
  readonly source: bigint;
  readonly sourceEnd: bigint;
  readonly target: bigint;
  readonly targetEnd: bigint;
  /** 0 where a log was cut within the span, and nobody knows how many are left: then no scan tells them either. */
  readonly records: bigint;
  /** Absent: nobody has read both logs for it; no batch that has an epoch is believed then. */
  readonly epochs?: SpanEpochs;
}

/**
 * The highest leader epochs of what told the span in either log: its batches, and the markers that end its transactions.
 * Whatever an unclean election made another way has a higher one: records that were written anew, and the second end of a
 * transaction whose marker was lost.
 */
export interface SpanEpochs {
  readonly source: number;
  readonly target: number;
}

/** The span of segments in order; at least one. */
export function spanOf(segments: readonly Segment[], epochs?: SpanEpochs): Span {
  const first = segments[0];
  const last = segments.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('A span of nothing.');
  return {
    source: first.source,
    sourceEnd: sourceEnd(last),
    target: first.target,
    targetEnd: targetEnd(last),
    records: segments.reduce((sum, one) => sum + one.length, 0n),
    ...(epochs === undefined ? {} : { epochs }),
  };
}

/**
 * What of a span stands below a source offset at which its source was cut. Which of its records are mirrored only the map
 * knew: transactions that were open there may end otherwise now. So of what is left only the ends are known.
 */
export function cutSpan(span: Span, cut: bigint): Span {
  return span.sourceEnd <= cut ? span : { ...span, sourceEnd: cut, records: 0n };
}

/** Records of one side that stand without a gap. */
export interface Run {
  readonly offset: bigint;
  readonly length: bigint;
}

export function countOf(runs: readonly Run[]): bigint {
  return runs.reduce((sum, one) => sum + one.length, 0n);
}

/** Adds a run to the end of a list, in place; it joins the one that it goes on with. */
export function addRun(runs: Run[], run: Run): void {
  if (run.length <= 0n) return;
  const last = runs.at(-1);
  if (last === undefined || last.offset + last.length !== run.offset) runs.push(run);
  else runs[runs.length - 1] = { offset: last.offset, length: last.length + run.length };
}

/**
 * The n-th record of one side with the n-th of the other, counted from the end: what only one side still has at its
 * beginning stays alone.
 */
export function pairFromEnd(sourceRuns: readonly Run[], targetRuns: readonly Run[]): Segment[] {
  const surplus = countOf(sourceRuns) - countOf(targetRuns);
  const source = withoutFirst(sourceRuns, surplus);
  const target = withoutFirst(targetRuns, -surplus);
  const segments: Segment[] = [];
  let [from, to] = [source.shift(), target.shift()];
  while (from !== undefined && to !== undefined) {
    const length = atMost(from.length, to.length);
    appendRun(segments, { source: from.offset, target: to.offset, length });
    from = shorter(from, length) ?? source.shift();
    to = shorter(to, length) ?? target.shift();
  }
  return segments;
}

/** Without so many of its first records. */
function withoutFirst(runs: readonly Run[], count: bigint): Run[] {
  let left = count;
  return runs.flatMap((run) => {
    if (left <= 0n) return [run];
    const kept = shorter(run, atMost(run.length, left));
    left -= run.length;
    return kept === undefined ? [] : [kept];
  });
}

function shorter({ offset, length }: Run, by: bigint): Run | undefined {
  return length === by ? undefined : { offset: offset + by, length: length - by };
}

/** The offset of a record by its number, from 0 on; undefined where there are not so many. */
export function recordAt(runs: readonly Run[], number: bigint): bigint | undefined {
  const [run] = withoutFirst(runs, number);
  return run?.offset;
}
