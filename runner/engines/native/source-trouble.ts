import { askOffsets } from './ask-offsets.ts';
import { describePresent, isDescribed } from './describe.ts';
import { LeadersChanged, SessionEnded } from './faults.ts';
import { goalOf } from './flow-context.ts';
import { leaveOut } from './left-out.ts';
import { epochDoubtMs, partitionBackoff, partitionErrorMsMax, topicAbsentMsMax } from './limits.ts';
import { type Loss, lostToRetention, namesOf, partitionName, truncated } from './losses.ts';
import type { MirroredPartition } from './partition.ts';
import type { FetchedPartition, TopicDescription } from './ports.ts';
import { noEpoch, resetEpoch } from './read-epochs.ts';
import { halt, type Session, wakeFetchers } from './session.ts';
import { goneLoss } from './source-start.ts';
import { nameLoss, recreation } from './topic-identity.ts';

/** The partition is not fetched until `searchLeaders` has found where it is led now. */
export function loseLeader(session: Session, partition: MirroredPartition): void {
  partition.sourceLeader = -1;
  session.search.notify();
}

/**
 * Finds leaders for partitions without one, as long as the session lives; `onFound` starts what reads from them. Pauses grow
 * while a partition goes on failing. Where one has failed for `partitionErrorMsMax` without an answer between, it is left out
 * with those that have failed for half of that (of a broker that is gone), and LeadersChanged is thrown.
 */
export async function searchLeaders(session: Session, onFound: () => void): Promise<void> {
  const { clock, source } = session.flow.options;
  while (!session.closed) {
    const lost = session.partitions.filter((one) => !one.halted && one.sourceLeader < 0);
    if (lost.length === 0) {
      await session.search.wait();
      continue;
    }
    const failingMs = Math.max(...lost.map((one) => failingFor(session, one)));
    if (failingMs > partitionErrorMsMax) throw withoutLeaders(session, lost);
    await clock.sleep(Math.min(Math.max(failingMs, partitionBackoff.minMs), partitionBackoff.maxMs));
    if (session.closed) return;
    const topics = await source.describeTopics([...new Set(lost.map((one) => one.source.topic))]);
    for (const one of lost) placeAt(session, one, topics.get(one.source.topic));
    onFound();
    wakeFetchers(session);
  }
}

/** Milliseconds since the source last answered for the partition without an error. */
function failingFor(session: Session, partition: MirroredPartition): number {
  const nowMs = session.flow.options.clock.nowMs();
  partition.failingSinceMs ??= nowMs;
  return nowMs - partition.failingSinceMs;
}

/** Leaves out those that have failed for long; what ends the session. */
function withoutLeaders(session: Session, lost: readonly MirroredPartition[]): LeadersChanged {
  const away = lost.filter((one) => failingFor(session, one) * 2 > partitionErrorMsMax);
  leaveOut(
    session.flow,
    away.map(({ source, failingSinceMs }) => ({ source, sinceMs: failingSinceMs ?? 0 })),
  );
  return new LeadersChanged(`No leader answers for ${namesOf(away.map((one) => one.source))}.`);
}

/** The source has answered for the partition. */
export function answered({ flow }: Session, partition: MirroredPartition): void {
  partition.failingSinceMs = null;
  if (flow.leftOut.size > 0) flow.leftOut.delete(partitionName(partition.source));
}

/** Takes over what a description says of a partition; a topic that is another one now, or stays away, is a loss. */
function placeAt(session: Session, partition: MirroredPartition, topic: TopicDescription | undefined): void {
  const isAbsent = !isDescribed(topic, partition.source.partition) && recreation(partition, topic) === null;
  if (isAbsent && failingFor(session, partition) < topicAbsentMsMax) return;
  const lost = identityLoss(session, partition, topic);
  if (lost !== null) halt(session, partition, lost);
  else partition.sourceLeader = topic?.leaders[partition.source.partition] ?? -1;
}

/** Whether the partition is still the one that was read when the session began. */
export function identityLoss(
  session: Session,
  partition: MirroredPartition,
  topic: TopicDescription | undefined,
): Loss | null {
  const again = recreation(partition, topic);
  if (again !== null) return again;
  if (isDescribed(topic, partition.source.partition)) return null;
  return goneLoss(partition, 'source', session.flow.options.source.cluster);
}

/** The source still holds what was read before this session. */
export function confirm(session: Session, partition: MirroredPartition): void {
  if (partition.confirmed) return;
  partition.confirmed = true;
  session.work.notify();
}

/**
 * The leader's log parted from what was read. Where that was committed it is a loss; else the session ends, and the next
 * one reads from the position again. An epoch that ends where we go on was only led by others than we knew of.
 */
export async function takeDivergence(
  session: Session,
  partition: MirroredPartition,
  { epoch, endOffset }: NonNullable<FetchedPartition['diverging']>,
): Promise<void> {
  if (endOffset >= partition.nextFetch) resetEpoch(partition.epochs, partition.nextFetch - 1n, epoch);
  else await parted(session, partition, endOffset);
}

async function parted(session: Session, partition: MirroredPartition, end: bigint): Promise<void> {
  const { committedSource, nextFetch } = partition;
  if (end < committedSource) {
    halt(session, partition, await nameLoss(session.flow, partition, truncated(partition, committedSource, end)));
  }
  const name = partitionName(partition.source);
  throw new SessionEnded(
    `${name} was read up to offset ${nextFetch}, but the source now has other records from ${end} on.`,
  );
}

/**
 * Why a partition's log does not hold what the session reads: neither its next offset, nor what was stable when the flow
 * began may lie above its end. Null where all is well: a leader has just moved, or it does not know the epoch that a batch
 * told us, which is then forgotten. Throws a SessionEnded where only what is not committed has gone.
 */
export async function judgeRange(session: Session, partition: MirroredPartition): Promise<Loss | null> {
  const { source, clock } = session.flow.options;
  const at = partition.source;
  const topics = await describePresent(source, [at], clock);
  const lost = identityLoss(session, partition, topics.get(at.topic));
  if (lost !== null) return lost;
  const start = (await askOffsets(source, [at], 'earliest', clock)).get(partitionName(at)) ?? 0n;
  const end = (await askOffsets(source, [at], 'latest', clock)).get(partitionName(at)) ?? 0n;
  if (end < partition.nextFetch) await parted(session, partition, end);
  const goal = goalOf(session.flow, partition);
  const { nextFetch } = partition;
  const goneBefore = nextFetch < start ? lostToRetention(partition, nextFetch, start) : null;
  const found = goneBefore ?? (end < goal ? truncated(partition, goal, end) : null);
  if (found !== null) return nameLoss(session.flow, partition, found);
  if (failingFor(session, partition) > epochDoubtMs) resetEpoch(partition.epochs, nextFetch, noEpoch);
  return null;
}
