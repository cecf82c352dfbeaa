import { atLeast, atMost } from '../../../src/offset-map/bounds.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { addRun, countOf, pairFromEnd, type Run, type Span } from '../../../src/offset-map/span.ts';
import { baseOffsetOf, lastOffsetDeltaOf, lastOffsetOf, recordCountOf } from '../../records/header.ts';
import type { Clock, LogReader, TopicPartition } from './ports.ts';
import { type ScanRange, scanBatches } from './scan.ts';

/** Both logs of a mirrored partition, and where they begin now. */
export interface LogPair {
  readonly source: LogSide;
  readonly target: LogSide;
  readonly clock: Clock;
}

export interface LogSide {
  readonly log: LogReader;
  readonly at: TopicPartition;
  readonly start: bigint;
}

/** What readers of committed records find in a part of a log. */
export interface ScannedRuns {
  readonly runs: readonly Run[];
  /** Every offset up to here was there, whatever stood at it: nothing was compacted. */
  readonly wholeUntil: bigint;
  /** What was looked at. */
  readonly bytes: number;
}

/**
 * Reads a part of a log by batch headers, as far as no offset is missing in it and no more than so many bytes are read.
 * Memory: one fetch and the runs.
 */
export async function scanRuns(
  log: LogReader,
  range: ScanRange,
  clock: Clock,
  bytesMax = Number.POSITIVE_INFINITY,
): Promise<ScannedRuns> {
  const runs: Run[] = [];
  let next = range.from;
  let bytes = 0;
  await scanBatches(log, range, clock, (batch, fate) => {
    const base = baseOffsetOf(batch);
    const end = lastOffsetOf(batch) + 1n;
    bytes += batch.length;
    const hasGap = fate === 'data' && recordCountOf(batch) !== lastOffsetDeltaOf(batch) + 1;
    if (base > next || hasGap || bytes > bytesMax) return 'stop';
    const offset = atLeast(base, range.from);
    if (fate === 'data') addRun(runs, { offset, length: atMost(end, range.to) - offset });
    next = end;
    return 'next';
  });
  return { runs, wholeUntil: atMost(next, range.to), bytes };
}

/**
 * The segments of a span, as far as both logs still hold them; null where that is not certain: an offset is missing on
 * either side since it was compacted, or the records are not as many as they were.
 */
export async function segmentsOfSpan(span: Span, { source, target, clock }: LogPair): Promise<Segment[] | null> {
  const inSource = await runsFrom(source, span.source, span.sourceEnd, span.records, clock);
  const inTarget = inSource && (await runsFrom(target, span.target, span.targetEnd, span.records, clock));
  return inSource && inTarget && pairFromEnd(inSource, inTarget);
}

/** All records of a part of a log; null where an offset is missing in it, as where the log does not reach so far. */
export async function scanFrom(log: LogReader, range: ScanRange, clock: Clock): Promise<readonly Run[] | null> {
  const [answer] = await log.offsets([{ topic: range.topic, partition: range.partition }], 'earliest');
  if (answer?.error !== null || answer.offset > range.from) return null;
  const { runs, wholeUntil } = await scanRuns(log, range, clock);
  return wholeUntil < range.to ? null : runs;
}

async function runsFrom(
  { log, at, start }: LogSide,
  first: bigint,
  end: bigint,
  records: bigint,
  clock: Clock,
): Promise<readonly Run[] | null> {
  const from = atLeast(start, first);
  if (from >= end) return [];
  const { topic, partition } = at;
  const { runs, wholeUntil } = await scanRuns(log, { topic, partition, from, to: end }, clock);
  const count = countOf(runs);
  if (wholeUntil < end || count > records || (from === first && count !== records)) return null;
  return runs;
}
