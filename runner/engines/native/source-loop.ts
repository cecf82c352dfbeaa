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
import { fail, halt, type Session } from './session.ts';
import { drop, shareBytes } from './shared-bytes.ts';
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
  const { source, tuning, clock } = session.flow.options;
  const { memoryBytes } = session;
  const maxBytes = Math.min(tuning.fetchMaxBytes, Math.floor(memoryBytes * limits.fetchShareMax));
  const open = () => ({ fetch: source.openFetches(broker), untilMs: clock.nowMs() + limits.fetchSessionMsMax });
  let opened = open();
  let line: readonly MirroredPartition[] = session.partitions;
  while (!session.closed) {
    const wanted = line.filter((one) => one.sourceLeader === broker && wants(session, one, memoryBytes));
    if (wanted.length === 0 || !session.budget.tryTake(maxBytes)) {
      await wakeup.wait();
      continue;
    }
    try {
      if (clock.nowMs() >= opened.untilMs) opened = open();
      const answers = await opened.fetch(requestFor(session, wanted, maxBytes));
      if (session.closed) return;
      const served = await takeAnswers(session, wanted, answers);
      line = [...line.filter((one) => !served.has(one)), ...served];
    } catch (error) {
      if (!(error instanceof ClusterFault) || !error.retriable) throw error;
      // Answers behind the one that failed are dropped: the broker must tell them again.
      opened = open();
      for (const one of wanted) if (one.sourceLeader === broker) loseLeader(session, one);
    } finally {
      session.budget.release(maxBytes);
    }
  }
}

function wants(session: Session, partition: MirroredPartition, memoryBytes: number): boolean {
  if (partition.halted || partition.queuedBytes > memoryBytes * limits.queueShareMax) return false;
  if (session.flow.options.until === 'stopped' || !partition.confirmed) return true;
  return partition.nextFetch < goalOf(session.flow, partition);
}

function requestFor(session: Session, wanted: readonly MirroredPartition[], maxBytes: number): FetchRequest {
  const partitionBytes = Math.min(maxBytes, limits.fetchPartitionBytesMax);
  const { until } = session.flow.options;
  const onlyConfirms = until === 'caught-up' && wanted.every((one) => one.nextFetch >= goalOf(session.flow, one));
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
    maxWaitMs: onlyConfirms ? 0 : limits.fetchMaxWaitMs,
    isolation: 'read_committed',
  };
}

/** Gives the partitions that went on. Of one that is left out nothing is new: it is well. */
async function takeAnswers(
  session: Session,
  wanted: readonly MirroredPartition[],
  answers: readonly FetchedPartition[],
): Promise<ReadonlySet<MirroredPartition>> {
  const served = new Set<MirroredPartition>();
  const told = new Set<MirroredPartition>();
  for (const answer of answers) {
    const partition = session.bySource.get(partitionName(answer));
    if (partition !== undefined) told.add(partition);
    // Halted while the answer was on its way: what stands behind the loss must not be written.
    if (partition === undefined || partition.halted) continue;
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
    await takeRecords(session, partition, answer);
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

/** The bytes count until the last batch of them is written or made into another. */
async function takeRecords(session: Session, partition: MirroredPartition, answer: FetchedPartition): Promise<void> {
  const byteCount = answer.records.length;
  const bytes = shareBytes(() => {
    answer.release();
    session.budget.release(byteCount);
  });
  session.budget.take(byteCount);
  const loss = takeIn(partition, answer, bytes);
  drop(bytes);
  if (loss !== null) halt(session, partition, await nameLoss(session.flow, partition, loss));
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
