import { appendRun } from '../../../src/offset-map/append.ts';
import { atLeast, atMost } from '../../../src/offset-map/bounds.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { addRun, countOf, pairFromEnd, type Run, type Span } from '../../../src/offset-map/span.ts';
import type { BatchFate } from '../../records/aborted.ts';
import {
  baseOffsetOf,
  isTransactional,
  lastOffsetDeltaOf,
  lastOffsetOf,
  leaderEpochOf,
  producerIdOf,
  recordCountOf,
} from '../../records/header.ts';
import { askOffsets } from './ask-offsets.ts';
import { partitionName } from './losses.ts';
import type { Clock, LogReader, TopicPartition } from './ports.ts';
import { noEpoch } from './read-epochs.ts';
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
  /** Every offset up to here was there, whatever stood at it (nothing was compacted), and no transaction there goes on. */
  readonly wholeUntil: bigint;
  /** What was looked at. */
  readonly bytes: number;
  /** The highest leader epoch of what was looked at. */
  readonly epoch: number;
}

export interface ScanLimits {
  readonly bytesMax?: number;
  /** Nothing is believed that an older leader did not write. */
  readonly epochMax?: number;
}

/**
 * Reads a part of a log by batch headers, as far as no offset is missing in it, and on until every transaction with records
 * there has ended; as far as the log is stable and the limits allow. Memory: one fetch and the runs.
 */
export async function scanRuns(
  log: LogReader,
  range: ScanRange,
  clock: Clock,
  { bytesMax = Number.POSITIVE_INFINITY, epochMax = Number.POSITIVE_INFINITY }: ScanLimits = {},
): Promise<ScannedRuns> {
  const runs: Run[] = [];
  const open = new Map<bigint, bigint>();
  let next = range.from;
  let bytes = 0;
  let epoch = noEpoch;
  const at = { topic: range.topic, partition: range.partition };
  const stable = (await askOffsets(log, [at], 'last-stable', clock)).get(partitionName(at)) ?? range.from;
  await scanBatches(log, { ...at, from: range.from, to: stable }, clock, (batch, fate) => {
    const base = baseOffsetOf(batch);
    if (base >= range.to && open.size === 0) return 'stop';
    const batchEpoch = leaderEpochOf(batch);
    bytes += batch.length;
    if (bytes > bytesMax || batchEpoch > epochMax) return 'stop';
    // Behind the part it is no matter: if a marker is missing there, a later one of its producer tells by its epoch as well.
    if (next < range.to && (base > next || hasGap(batch, fate))) return 'stop';
    epoch = Math.max(epoch, batchEpoch);
    next = lastOffsetOf(batch) + 1n;
    if (fate === 'control') open.delete(producerIdOf(batch));
    if (fate === 'control' || base >= range.to) return 'next';
    if (isTransactional(batch) && !open.has(producerIdOf(batch))) open.set(producerIdOf(batch), base);
    const offset = atLeast(base, range.from);
    if (fate === 'data') addRun(runs, { offset, length: atMost(next, range.to) - offset });
    return 'next';
  });
  const wholeUntil = [...open.values()].reduce(atMost, atMost(next, range.to));
  return { runs, wholeUntil, bytes, epoch };
}

function hasGap(batch: Buffer, fate: BatchFate): boolean {
  return fate === 'data' && recordCountOf(batch) !== lastOffsetDeltaOf(batch) + 1;
}

/**
 * The segments of a span, as far as both logs still hold it; null where that is not certain: an offset is missing on
 * either side since it was compacted, the records are not as many as they were, or an unclean election made some of it anew.
 */
export async function segmentsOfSpan(span: Span, { source, target, clock }: LogPair): Promise<Segment[] | null> {
  if (source.start >= span.sourceEnd || target.start >= span.targetEnd) return endsOf(span);
  const { records, epochs } = span;
  const inSource = await runsFrom(
    source,
    { first: span.source, end: span.sourceEnd, records },
    epochs?.source ?? noEpoch,
    clock,
  );
  if (inSource === null) return null;
  const inTarget = await runsFrom(
    target,
    { first: span.target, end: span.targetEnd, records },
    epochs?.target ?? noEpoch,
    clock,
  );
  return inTarget && pairFromEnd(inSource, inTarget);
}

/** Its first and its last record: where one of the logs holds none of it any more, they lead all others to that log's start. */
function endsOf({ source, sourceEnd, target, targetEnd }: Span): Segment[] {
  const ends: Segment[] = [{ source, target, length: 1n }];
  const last = { source: sourceEnd - 1n, target: targetEnd - 1n, length: 1n };
  if (last.source > source && last.target > target) appendRun(ends, last);
  return ends;
}

/** All records of a part of a log; null where one is missing in it, as where the log does not reach so far. */
export async function scanFrom(
  log: LogReader,
  range: ScanRange,
  clock: Clock,
  limits: ScanLimits = {},
): Promise<ScannedRuns | null> {
  const [answer] = await log.offsets([{ topic: range.topic, partition: range.partition }], 'earliest');
  if (answer?.error !== null || answer.offset > range.from) return null;
  const scanned = await scanRuns(log, range, clock, limits);
  return scanned.wholeUntil < range.to ? null : scanned;
}

interface HalfSpan {
  readonly first: bigint;
  readonly end: bigint;
  readonly records: bigint;
}

async function runsFrom(
  { log, at, start }: LogSide,
  { first, end, records }: HalfSpan,
  epochMax: number,
  clock: Clock,
): Promise<readonly Run[] | null> {
  const from = atLeast(start, first);
  const { topic, partition } = at;
  const { runs, wholeUntil } = await scanRuns(log, { topic, partition, from, to: end }, clock, { epochMax });
  const count = countOf(runs);
  if (wholeUntil < end || count > records || (from === first && count !== records)) return null;
  return runs;
}
