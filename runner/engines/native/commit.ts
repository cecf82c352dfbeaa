import { sealOlder } from '../../../src/offset-map/seal.ts';
import {
  encodePosition,
  encodeSealed,
  positionKey,
  positionOwner,
  segmentsKey,
} from '../../../src/state/position-codec.ts';
import { type PositionRecord, stateRecordVersion } from '../../../src/state/records.ts';
import { buildBatch, type NewRecord } from '../../records/build.ts';
import { nextSequence } from '../../records/restamp.ts';
import { partitionFault, SessionEnded } from './faults.ts';
import { positionsBatchBytesMax } from './limits.ts';
import { partitionName } from './losses.ts';
import type { MirroredPartition } from './partition.ts';
import { epochBefore, noEpoch } from './read-epochs.ts';
import { type Session, throwIfFailed } from './session.ts';
import { identityLoss } from './source-trouble.ts';

/**
 * Ends the open transaction with the positions of all that moved in it. Order: nothing in flight, all base offsets as
 * expected, positions, the source topics still the same, commit. Throws a SessionEnded after a commit that may come again.
 */
export async function commit(session: Session): Promise<void> {
  const { flow, producer, transaction } = session;
  const moved = session.partitions.filter((one) => one.moved || one.inTransaction);
  const checked = checkSourceTopics(session, moved);
  checked.catch(() => {});
  while (inFlightCount(session) > 0) {
    throwIfFailed(session);
    await session.work.wait();
  }
  throwIfFailed(session);
  if (!transaction.open) await addPositionsTopic(session);
  const records = moved.map((one) => positionRecord(session, one));
  await writePositions(
    session,
    records.flatMap(({ newRecords }) => newRecords),
  );
  await checked;
  throwIfFailed(session);
  const ended = await flow.options.target.endTransaction(producer, 'commit');
  for (const { partition, record } of records) {
    partition.nextTarget = record.nextTarget;
    partition.committedSource = record.nextSource;
    partition.segments = [...record.segments];
    partition.fresh = false;
    partition.moved = false;
    partition.inTransaction = false;
  }
  flow.progress.ended('commit');
  flow.options.report({
    event: 'commit',
    flow: flow.options.flow,
    partitions: records.map(({ record: { source, nextSource, nextTarget } }) => ({ source, nextSource, nextTarget })),
  });
  if (ended.mayComeAgain) throw new SessionEnded('A commit was sent twice: the next transaction needs a new epoch.');
}

function inFlightCount(session: Session): number {
  return [...session.transaction.inFlight.values()].reduce((sum, count) => sum + count, 0);
}

/** Positions may move without records; then the transaction holds nothing else. */
async function addPositionsTopic(session: Session): Promise<void> {
  const { target, positionsTopic } = session.flow.options;
  session.transaction.open = true;
  await target.addPartitions(session.producer, [{ topic: positionsTopic, partition: 0 }]);
}

/**
 * Asked after the last fetch of this transaction: records of another topic under the same name must not be committed. Also
 * for a partition that a loss has stopped, for its queue may hold what came from the other topic before that was seen.
 */
async function checkSourceTopics(session: Session, moved: readonly MirroredPartition[]): Promise<void> {
  if (moved.length === 0) return;
  const topics = await session.flow.options.source.describeTopics([...new Set(moved.map((one) => one.source.topic))]);
  for (const partition of moved) {
    const topic = topics.get(partition.source.topic);
    if (topic !== undefined && identityLoss(session, partition, topic) !== null) {
      throw new SessionEnded(`The source topic ${topic.topic} is not the one that was read.`);
    }
  }
}

interface MovedPartition {
  readonly partition: MirroredPartition;
  readonly record: PositionRecord;
  readonly newRecords: readonly NewRecord[];
}

/** The commit marker takes one offset on every partition of the transaction. */
function positionRecord(session: Session, partition: MirroredPartition): MovedPartition {
  const { flow, clock } = session.flow.options;
  const sealed = sealOlder(partition.segments);
  const sourceEpoch = epochBefore(partition.epochs, partition.nextSource);
  const record: PositionRecord = {
    v: stateRecordVersion,
    flow,
    source: partition.source,
    target: partition.target,
    nextSource: partition.nextSource,
    nextTarget: partition.inTransaction ? partition.nextTarget + 1n : partition.nextTarget,
    startSource: partition.startSource,
    segments: sealed.open,
    ...(sourceEpoch === noEpoch ? {} : { sourceEpoch }),
  };
  const owner = positionOwner(record);
  const timestamp = BigInt(clock.nowMs());
  const newRecords = sealed.chunks.map((chunk) => ({
    key: Buffer.from(segmentsKey(owner, chunk[0]?.source ?? 0n)),
    value: Buffer.from(encodeSealed(chunk)),
    timestamp,
  }));
  newRecords.push({ key: Buffer.from(positionKey(owner)), value: Buffer.from(encodePosition(record)), timestamp });
  return { partition, record, newRecords };
}

async function writePositions(session: Session, records: readonly NewRecord[]): Promise<void> {
  const { target, positionsTopic } = session.flow.options;
  const at = { topic: positionsTopic, partition: 0 };
  for (const group of grouped(records)) {
    const { producerId, producerEpoch } = session.producer;
    const stamp = { producerId, producerEpoch, baseSequence: session.positionsSequence, transactional: true };
    session.positionsSequence = nextSequence(session.positionsSequence, group.length);
    const batch = buildBatch({ records: group, stamp });
    const [answer] = await target.produce(session.positionsLeader, session.producer, [{ ...at, batch }]);
    if (answer?.error !== null) {
      const error = answer?.error ?? 'UNKNOWN_SERVER_ERROR';
      throw partitionFault(target.cluster, 'Produce', error, partitionName(at), answer?.message);
    }
  }
}

/** Bytes that a record's fields take beside key and value. */
const recordOverheadBytes = 32;

function grouped(records: readonly NewRecord[]): NewRecord[][] {
  const groups: NewRecord[][] = [];
  let bytes = positionsBatchBytesMax;
  for (const record of records) {
    const recordBytes = (record.key?.length ?? 0) + (record.value?.length ?? 0) + recordOverheadBytes;
    if (bytes + recordBytes > positionsBatchBytesMax) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(record);
    bytes += recordBytes;
  }
  return groups;
}
