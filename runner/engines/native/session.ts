import { type RecordBuffers, recordBuffers } from '../../records/record-buffers.ts';
import { type Budget, createBudget } from './budget.ts';
import { type Fan, type FanStart, openFan } from './fan.ts';
import { SessionEnded } from './faults.ts';
import { type FlowContext, goalOf, goesOnAfter, leftOutOf } from './flow-context.ts';
import { encodedSpareBytesMax, memoryBytesUseful } from './limits.ts';
import { type Loss, partitionName } from './losses.ts';
import { hasMoved, type KnownStart, type MirroredPartition, openPartition } from './partition.ts';
import type { ProducerIdentity } from './ports.ts';
import type { Recovered } from './recover.ts';
import { type SendLane, sendLanes } from './send-lanes.ts';
import type { TargetPartition } from './target-partition.ts';
import { createWakeup, type Wakeup } from './wakeup.ts';

/**
 * One epoch of the flow's producer: from a recovery to the first failure, or to the end. Everything in it is thrown away
 * with it; only what was committed counts.
 */
export interface Session {
  readonly flow: FlowContext;
  readonly producer: ProducerIdentity;
  readonly positionsLeader: number;
  readonly partitions: readonly MirroredPartition[];
  /** By source `partitionName`. */
  readonly bySource: ReadonlyMap<string, MirroredPartition>;
  /** Each once, however many source partitions are written into it. */
  readonly targets: readonly TargetPartition[];
  /** Topics whose records go by key. */
  readonly fans: readonly Fan[];
  /** What `budget` is of. */
  readonly memoryBytes: number;
  readonly budget: Budget;
  /** For batches that are encoded again. */
  readonly buffers: RecordBuffers;
  /** Wakes the writer. */
  readonly work: Wakeup;
  /** Wake the fetch loops, by broker. */
  readonly fetchers: Map<number, Wakeup>;
  /** Brokers that are not fetched for want of room, in the order in which they will be. */
  readonly roomLine: Set<number>;
  /** Wakes the search for leaders. */
  readonly search: Wakeup;
  readonly lanes: readonly SendLane[];
  /** Index of the lane that is served first. */
  nextLane: number;
  /** Of the next record of the positions topic. */
  positionsSequence: number;
  /** The throttle holds the writer back, and a timer will wake it. */
  resting: boolean;
  closed: boolean;
  /** Aborted when it is closed. */
  readonly ending: AbortController;
  failure: { readonly cause: unknown } | null;
}

const bytesOfMegabyte = 1_048_576;

export function openSession(flow: FlowContext, recovered: Recovered): Session {
  const { producer, positionsLeader, positionsSequence, starts } = recovered;
  const { partitions, fans } = openPartitions(flow, starts);
  const targets = [...new Set(partitions.flatMap(({ to }) => to.fan?.targets ?? [to]))];
  const leaders = new Set(targets.map((one) => one.leader));
  const bytesAllowed = flow.options.tuning.memoryMaxMb * bytesOfMegabyte;
  const memoryBytes = Math.min(bytesAllowed, memoryBytesUseful(leaders.size));
  const fetchers = new Map<number, Wakeup>();
  return {
    flow,
    producer,
    positionsLeader,
    partitions,
    bySource: new Map(partitions.map((one) => [partitionName(one.source), one])),
    targets,
    fans,
    memoryBytes,
    budget: createBudget(memoryBytes, () => {
      for (const wakeup of fetchers.values()) wakeup.notify();
    }),
    buffers: recordBuffers(encodedSpareBytesMax),
    work: createWakeup(),
    fetchers,
    roomLine: new Set(),
    search: createWakeup(),
    lanes: sendLanes(targets),
    nextLane: 0,
    positionsSequence,
    resting: false,
    closed: false,
    ending: new AbortController(),
    failure: null,
  };
}

function openPartitions(
  flow: FlowContext,
  starts: readonly KnownStart[],
): { readonly partitions: readonly MirroredPartition[]; readonly fans: readonly Fan[] } {
  const fans = new Map<FanStart, Fan>();
  const partitions = starts.map((start) => {
    const fan = start.fan === undefined ? null : (fans.get(start.fan) ?? openFan(start.fan));
    if (start.fan !== undefined && fan !== null) fans.set(start.fan, fan);
    return openPartition(start, flow.suspects.get(partitionName(start.source)) ?? new Set(), fan);
  });
  return { partitions, fans: [...fans.values()] };
}

/** The first cause counts; what fails after it is its consequence. */
export function fail(session: Session, cause: unknown): void {
  session.failure ??= { cause };
  session.work.notify();
}

export function throwIfFailed(session: Session): void {
  if (session.failure !== null) throw session.failure.cause;
}

/** Until no produce request is in flight; throws what ended the session. */
export async function awaitAnswers(session: Session): Promise<void> {
  const isAwaiting = () => session.lanes.some(({ inFlight }) => inFlight > 0);
  for (throwIfFailed(session); isAwaiting(); throwIfFailed(session)) await session.work.wait();
}

export function closeSession(session: Session): void {
  session.closed = true;
  session.ending.abort();
  session.search.notify();
  wakeFetchers(session);
}

export function wakeFetchers(session: Session): void {
  for (const wakeup of session.fetchers.values()) wakeup.notify();
}

/** The partition is read no further; what is queued of it is still written, unless the flow goes on in a new session. */
export function halt(session: Session, partition: MirroredPartition, loss: Loss): void {
  partition.halted = true;
  if (goesOnAfter(session.flow, loss)) {
    session.flow.passed.set(partitionName(loss.source), loss);
    fail(session, new SessionEnded(loss.diagnostic.summary));
  }
  session.work.notify();
}

/** Nothing that this run is to mirror is left: all is sent (`nextSource`), or also committed (`committedSource`). */
export function reached(session: Session, at: 'nextSource' | 'committedSource'): boolean {
  return session.partitions.every((one) => {
    if (one.halted) return nothingReady(one) && (at === 'nextSource' || !hasMoved(one));
    return one.confirmed && one[at] >= goalOf(session.flow, one);
  });
}

/** By key what is ready counts as sent. */
function nothingReady({ queue, to }: MirroredPartition): boolean {
  return queue.length === 0 && (to.fan !== null || to.ready.length === 0);
}

/** Losses have stopped all partitions, and none waits for its leader. */
export function allHalted(session: Session): boolean {
  return session.partitions.every((one) => one.halted) && leftOutOf(session.flow).length === 0;
}

export function lagRecords(session: Session): bigint {
  let lag = 0n;
  for (const one of session.partitions) {
    const goal = goalOf(session.flow, one);
    let end = one.lastStable;
    if (goal > end) end = goal;
    if (end > one.nextSource) lag += end - one.nextSource;
  }
  return lag;
}
