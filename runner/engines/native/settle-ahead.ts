import pMap from 'p-map';
import { appendRun } from '../../../src/offset-map/append.ts';
import { atMost } from '../../../src/offset-map/bounds.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { type Ahead, type PositionRecord, positionRecordVersion } from '../../../src/state/records.ts';
import { askOffsets, awaitNoTransaction } from './ask-offsets.ts';
import { countArrived, type Expected } from './count-arrived.ts';
import { describePresent } from './describe.ts';
import { type FlowContext, placesOf, recordLoss } from './flow-context.ts';
import { scansMax } from './limits.ts';
import { type Loss, partitionName } from './losses.ts';
import type { PartitionPlace } from './partition.ts';
import type { ProducerIdentity } from './ports.ts';
import { epochBefore, noEpoch } from './read-epochs.ts';
import { fence } from './take-over.ts';
import { endLoss, openLoss } from './target-start.ts';
import { appendPositions, recordsOf } from './write-positions.ts';

export interface Settling {
  /** The first epoch that was taken when this session began. */
  readonly first: ProducerIdentity;
  readonly producer: ProducerIdentity;
  readonly positionsLeader: number;
  /** By key. */
  readonly stored: ReadonlyMap<string, PositionRecord>;
}

export interface Settled {
  readonly producer: ProducerIdentity;
  readonly positionsSequence: number;
  readonly stored: ReadonlyMap<string, PositionRecord>;
}

interface Told extends Expected {
  readonly key: string;
  readonly record: PositionRecord;
  readonly target: PartitionPlace;
}

/**
 * Finds out how much of every `ahead` arrived at the target, and stores positions that say so, whichever delivery goes on
 * with them. The partitions are fenced first, so that nothing arrives later; what a forgotten producer id sent has come by
 * now (`recover.ts`). The source is not asked: what it compacted or deleted meanwhile shifts nothing. What cannot be told is
 * a loss.
 */
export async function settleAhead(flow: FlowContext, settling: Settling): Promise<Settled> {
  const told = await toldAhead(flow, settling.stored);
  const forgotten = saysOnlyWho(settling);
  if (told.length === 0 && forgotten.length === 0) return { ...settling, positionsSequence: 0 };
  const own = told.filter(({ ahead }) => ahead.producerId === settling.producer.producerId).map((one) => one.target);
  const producer = own.length === 0 ? settling.producer : await fence(flow, settling.producer, own);
  const found = await pMap(await readable(flow, told), (one) => settle(flow, one, settling.first), {
    concurrency: scansMax,
  });
  const settled = [...found.filter((one) => one !== null), ...forgotten];
  const { target, positionsTopic: topic, clock } = flow.options;
  const units = settled.map(({ record }) => recordsOf(record, clock));
  const log = { target, topic, leader: settling.positionsLeader, producer, transactional: false };
  const { nextSequence } = await appendPositions(log, 0, units);
  const stored = new Map([...settling.stored, ...settled.map(({ key, record }) => [key, record] as const)]);
  return { producer, positionsSequence: nextSequence, stored };
}

/**
 * Positions with nothing ahead that still name a producer id which the coordinator has forgotten: without it, so that it is
 * waited for once.
 */
function saysOnlyWho({ stored, producer }: Settling): SettledPosition[] {
  return [...stored].flatMap(([key, { ahead, ...record }]) =>
    ahead === undefined || ahead.runs.length > 0 || ahead.producerId === producer.producerId ? [] : [{ key, record }],
  );
}

/** The flow's positions with something ahead, whose target topic still is the one that they speak of. */
async function toldAhead(flow: FlowContext, stored: ReadonlyMap<string, PositionRecord>): Promise<Told[]> {
  const wanted = new Map(placesOf(flow).map((one) => [partitionName(one.source), partitionName(one.target)]));
  const found = [...stored].flatMap(([key, record]): Told[] => {
    const { flow: name, source, target, nextTarget, ahead } = record;
    if (ahead === undefined || ahead.runs.length === 0) return [];
    if (wanted.get(partitionName(source)) !== partitionName(target)) return [];
    return [{ key, record, flow: name, source, target, nextTarget, ahead }];
  });
  if (found.length === 0) return [];
  const places = found.map((one) => one.target);
  const topics = await describePresent(flow.options.target, places, flow.options.clock);
  return found.filter(({ target }) => {
    const live = topics.get(target.topic);
    if (live?.leaders[target.partition] === undefined) return false;
    return target.topicId === undefined || live.topicId === undefined || live.topicId === target.topicId;
  });
}

interface Readable extends Told {
  readonly log: { readonly start: bigint; readonly end: bigint };
}

async function readable(flow: FlowContext, told: readonly Told[]): Promise<Readable[]> {
  const { target, clock } = flow.options;
  const partitions = told.map((one) => one.target);
  const open = await awaitNoTransaction(target, partitions, clock);
  const starts = await askOffsets(target, partitions, 'earliest', clock);
  const ends = await askOffsets(target, partitions, 'latest', clock);
  const found: Readable[] = [];
  for (const one of told) {
    const name = partitionName(one.target);
    const log = { start: starts.get(name) ?? 0n, end: ends.get(name) ?? 0n };
    const held = await openLoss(flow, one, open.get(name));
    const lost = held ?? endLoss(one, log.end);
    if (lost === null) found.push({ ...one, log });
    else recordLoss(flow, held === null ? final(lost) : { ...held, isFinal: true });
  }
  return found;
}

interface SettledPosition {
  readonly key: string;
  readonly record: PositionRecord;
}

async function settle(
  flow: FlowContext,
  { key, record, log, ...expected }: Readable,
  first: ProducerIdentity,
): Promise<SettledPosition | null> {
  const { producerId, producerEpoch } = expected.ahead;
  const isNext = first.producerId === producerId && first.producerEpoch === producerEpoch + 1;
  const arrived = await countArrived(flow, expected, log, isNext);
  if (typeof arrived !== 'bigint') {
    recordLoss(flow, final(arrived));
    return null;
  }
  const { runs, nextSource } = firstOf(expected.ahead, arrived);
  const segments = [...record.segments];
  for (const run of runs) appendRun(segments, run);
  const { ahead: _settled, sourceEpoch: _before, ...kept } = record;
  const epoch = epochAt(record, expected.ahead, nextSource);
  const settledRecord: PositionRecord = {
    ...kept,
    v: positionRecordVersion,
    nextSource,
    ...(epoch === noEpoch ? {} : { sourceEpoch: epoch }),
    nextTarget: log.end,
    segments,
  };
  return { key, record: settledRecord };
}

/**
 * With something ahead nobody is asked about a loss at the target: what stands there may be records that were on their way, and
 * the map does not tell them from those of before. A way on could double or skip some.
 */
function final(lost: Loss): Loss {
  const { topic } = lost.source;
  const fix = `Records were on their way when it came, so that no way leads on: map ${topic} to another target topic, which is then mirrored from the start.`;
  return { ...lost, isFinal: true, diagnostic: { ...lost.diagnostic, fix } };
}

/** The runs of the first so many records, and the source offset of the next one. */
function firstOf(ahead: Ahead, count: bigint): { readonly runs: readonly Segment[]; readonly nextSource: bigint } {
  const runs: Segment[] = [];
  let left = count;
  for (const run of ahead.runs) {
    if (left === 0n) return { runs, nextSource: run.source };
    const length = atMost(run.length, left);
    runs.push({ ...run, length });
    left -= length;
    if (length < run.length) return { runs, nextSource: run.source + length };
  }
  return { runs, nextSource: ahead.nextSource };
}

/**
 * Of the record that comes at the position, or else of the last one before it. By the former the source tells as well whether
 * it was cut below; and the latter's epoch may end before the position, where nothing is left between the two.
 */
function epochAt({ sourceEpoch }: PositionRecord, { sourceEpochs }: Ahead, nextSource: bigint): number {
  const known = [...(sourceEpoch === undefined ? [] : [{ epoch: sourceEpoch, from: -1n }]), ...sourceEpochs];
  return epochBefore(known, nextSource + 1n);
}
