import { ClusterFault } from '../../kafka/cluster-fault.ts';
import { CorruptBatchError } from '../../records/corrupt-batch.ts';
import { partitionFault } from './faults.ts';
import { goalOf } from './flow-context.ts';
import { damagedLoss, takeIn } from './intake.ts';
import * as limits from './limits.ts';
import { partitionName } from './losses.ts';
import type { MirroredPartition } from './partition.ts';
import type { FetchedPartition, FetchRequest } from './ports.ts';
import { epochBefore } from './read-epochs.ts';
import { fail, halt, type Session, wakeFetchers } from './session.ts';
import { drop, fetchedBytes, type SharedBytes } from './shared-bytes.ts';
import { answered, confirm, judgeRange, loseLeader, searchLeaders, takeDivergence } from './source-trouble.ts';
import { nameLoss } from './topic-identity.ts';
import { createWakeup, type Wakeup } from './wakeup.ts';

/** Reads the partitions into their queues: a loop for each leader, and one that looks for leaders; they end with the session. */
export function startFetching(session: Session): void {
  startLoops(session);
  searchLeaders(session, () => startLoops(session)).catch((error: unknown) => fail(session, error));
}

function startLoops(session: Session): void {
  for (const { sourceLeader, halted } of session.partitions) {
    if (halted || sourceLeader < 0 || session.fetchers.has(sourceLeader)) continue;
    const wakeup = createWakeup();
    session.fetchers.set(sourceLeader, wakeup);
    fetchLoop(session, sourceLeader, wakeup).catch((error: unknown) => fail(session, error));
  }
}

/**
 * Partitions that came with data go to the end of the line, so that a hot one starves none. One whose batch found no room
 * moves up instead: a batch larger than its share comes whole only to the first in line (KIP-74). Brokers that remember the
 * line (KIP-227) order it in the same way.
 */
async function fetchLoop(session: Session, broker: number, wakeup: Wakeup): Promise<void> {
  const { source, clock } = session.flow.options;
  const open = () => ({ fetch: source.openFetches(broker), untilMs: clock.nowMs() + limits.fetchSessionMsMax });
  let opened = open();
  let line: readonly MirroredPartition[] = session.partitions;
  while (!session.closed) {
    const led = line.filter((one) => one.sourceLeader === broker);
    const wanted = led.filter((one) => !isFull(session, one) && wants(session, one));
    const maxBytes = fetchBytesMax(session);
    const reserved = reserve(session, broker, wanted.length === 0 ? 0 : maxBytes);
    if (reserved === 0) {
      await wakeup.wait();
      continue;
    }
    try {
      if (clock.nowMs() >= opened.untilMs) opened = open();
      const request = requestFor(session, wanted, maxBytes, led);
      const arrived = await arrive(session, opened.fetch(request), reserved);
      if (session.closed) return;
      const served = await takeArrived(session, wanted, arrived);
      line = [...line.filter((one) => !served.has(one)), ...served];
    } catch (error) {
      if (!(error instanceof ClusterFault) || !error.retriable) throw error;
      // Answers behind the one that failed are dropped: the broker must tell them again.
      opened = open();
      for (const one of wanted) if (one.sourceLeader === broker) loseLeader(session, one);
    }
  }
}

/** Less where many brokers are asked: while one of them has nothing new, its fetch is waiting and has its room. */
function fetchBytesMax({ flow, memoryBytes, fetchers }: Session): number {
  const ofOne = memoryBytes * limits.fetchShareMax;
  const ofAll = memoryBytes * limits.fetchesShareMax;
  return Math.min(flow.options.tuning.fetchMaxBytes, Math.floor(Math.min(ofOne, ofAll / fetchers.size)));
}

/** Room for a fetch of so many bytes, in turns where it is short; 0 for none, or where none is wanted. */
function reserve(session: Session, broker: number, bytes: number): number {
  const { budget, roomLine } = session;
  const [first = broker] = roomLine;
  const reserved = bytes > 0 && first === broker ? budget.tryReserve(bytes) : 0;
  if (reserved === 0 && bytes > 0) roomLine.add(broker);
  else if (roomLine.delete(broker)) wakeFetchers(session);
  return reserved;
}

function isFull({ memoryBytes }: Session, { heldBytes }: MirroredPartition): boolean {
  return heldBytes > memoryBytes * limits.partitionShareMax;
}

function wants(session: Session, partition: MirroredPartition): boolean {
  if (partition.halted) return false;
  if (session.flow.options.until === 'stopped' || !partition.confirmed) return true;
  return partition.nextFetch < goalOf(session.flow, partition);
}

/** `led`: what else the broker could be asked for. */
function requestFor(
  session: Session,
  wanted: readonly MirroredPartition[],
  maxBytes: number,
  led: readonly MirroredPartition[],
): FetchRequest {
  const partitionBytes = Math.min(maxBytes, limits.fetchPartitionBytesMax);
  const { until } = session.flow.options;
  const onlyConfirms = until === 'caught-up' && wanted.every((one) => one.nextFetch >= goalOf(session.flow, one));
  const waitMsMax = led.some((one) => isFull(session, one)) ? limits.fetchMaxWaitMsShort : limits.fetchMaxWaitMs;
  return {
    positions: wanted.map(({ source, nextFetch, epochs }) => ({
      topic: source.topic,
      topicId: source.topicId,
      partition: source.partition,
      offset: nextFetch,
      maxBytes: partitionBytes,
      lastEpoch: epochBefore(epochs, nextFetch),
    })),
    maxBytes,
    minBytes: limits.fetchMinBytes,
    maxWaitMs: onlyConfirms ? 0 : waitMsMax,
    isolation: 'read_committed',
  };
}

/** What a fetch brought for one partition. */
interface Arrived {
  readonly answer: FetchedPartition;
  readonly partition: MirroredPartition;
  readonly bytes: SharedBytes;
}

/** The bytes count from now on in the place of what was reserved for them. */
async function arrive(
  session: Session,
  fetching: Promise<readonly FetchedPartition[]>,
  reserved: number,
): Promise<readonly Arrived[]> {
  const { budget, bySource } = session;
  const arrived: Arrived[] = [];
  let came = 0;
  try {
    for (const answer of await fetching) {
      const partition = bySource.get(partitionName(answer));
      if (partition === undefined) continue;
      const { length } = answer.records;
      came += length;
      arrived.push({ answer, partition, bytes: fetchedBytes(length, partition, budget, answer.release) });
    }
    return arrived;
  } finally {
    budget.settle(reserved, came);
  }
}

async function takeArrived(
  session: Session,
  wanted: readonly MirroredPartition[],
  arrived: readonly Arrived[],
): Promise<ReadonlySet<MirroredPartition>> {
  try {
    return await takeAnswers(session, wanted, arrived);
  } finally {
    for (const { bytes } of arrived) drop(bytes);
  }
}

/** Gives the partitions that went on. Of one that is left out nothing is new: it is well. */
async function takeAnswers(
  session: Session,
  wanted: readonly MirroredPartition[],
  arrived: readonly Arrived[],
): Promise<ReadonlySet<MirroredPartition>> {
  const served = new Set<MirroredPartition>();
  const told = new Set<MirroredPartition>();
  for (const { answer, partition, bytes } of arrived) {
    told.add(partition);
    // Halted while the answer was on its way: what stands behind the loss must not be written.
    if (partition.halted) continue;
    if (answer.error !== null) {
      await takeError(session, partition, answer.error);
      continue;
    }
    answered(session, partition);
    if (answer.diverging !== undefined) {
      await takeDivergence(session, partition, answer.diverging);
      continue;
    }
    confirm(session, partition);
    const { nextFetch: fetchedFrom } = partition;
    const loss = takeIn(partition, answer, bytes);
    if (partition.to.fan !== null) partition.to.fan.drained = false;
    if (loss !== null) halt(session, partition, await nameLoss(session.flow, partition, loss));
    if (partition.nextFetch > fetchedFrom) served.add(partition);
    else if (answer.records.length > 0) countFruitless(session, partition);
    // All that is readable is read: a broker tells nothing more of it in this session.
    const isRead = !partition.halted && partition.nextFetch >= answer.lastStableOffset;
    if (isRead && answer.highWatermark < goalOf(session.flow, partition)) await judge(session, partition);
  }
  for (const one of wanted) if (one.failingSinceMs !== null && !told.has(one)) answered(session, one);
  for (const one of served) one.fruitlessFetches = 0;
  if (served.size > 0) session.work.notify();
  return served;
}

/**
 * A batch that is cut again and again has a length that is none: brokers leave out one that has no room, or give it whole
 * (KIP-74).
 */
function countFruitless(session: Session, partition: MirroredPartition): void {
  partition.fruitlessFetches += 1;
  if (partition.halted || partition.fruitlessFetches < limits.fruitlessFetchesMax) return;
  const error = new CorruptBatchError(partition.nextFetch, 'no whole batch comes');
  halt(session, partition, damagedLoss(partition, error));
}

async function takeError(session: Session, partition: MirroredPartition, error: string): Promise<void> {
  if (error === 'OFFSET_OUT_OF_RANGE') return judge(session, partition);
  const fault = partitionFault(session.flow.options.source.cluster, 'Fetch', error, partitionName(partition.source));
  if (!fault.retriable) throw fault;
  loseLeader(session, partition);
}

/** For an answer that a log which only grows would not give: a loss, or a leader that has just moved. */
async function judge(session: Session, partition: MirroredPartition): Promise<void> {
  const loss = await judgeRange(session, partition);
  if (loss === null) loseLeader(session, partition);
  else halt(session, partition, loss);
}
