import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { topicAddress } from '../../src/execution-plan/address.ts';
import { changedRecords, recordName, type StandingRecords } from '../../src/mirrormaker2/changed-records.ts';
import { internalTopicShape } from '../../src/mirrormaker2/internal-topics.ts';
import type { Clock, ProducerIdentity, TransactionalLog } from '../engines/native/ports.ts';
import { buildBatch } from '../records/build.ts';
import { nextSequence } from '../records/restamp.ts';
import { appendBatch, batchParts } from '../state/append-batch.ts';
import { awaitLeader, createTopic, type StorePlace } from '../state/store.ts';
import type { InternalWrite } from './internal-write.ts';
import { readCompacted } from './read-compacted.ts';

/** Everything is written within it; a writer that was killed blocks `read_committed` readers no longer. */
const transactionTimeoutMs = 60_000;
/** Markers come a moment after the end of a transaction is answered. */
const visibleWithinMs = 30_000;
const visiblePollMs = 50;

export interface WritePlace extends StorePlace {
  readonly log: TransactionalLog;
}

/**
 * Writes what was decided, and nothing where the topic holds something else by now. One transaction under an id that only
 * such a write takes: a slow predecessor is fenced, and its older offsets never stand above these. Returns what keeps it
 * from being written; what is reported as written can be read. Throws a ClusterFault.
 */
export async function writeInternalRecords(
  place: WritePlace,
  write: InternalWrite,
  { transactionalId, clock }: { readonly transactionalId: string; readonly clock: Clock },
): Promise<readonly Diagnostic[]> {
  if (write.create) await makeTopic(place, write.topic, clock);
  const producer = await place.log.initProducer(transactionalId, transactionTimeoutMs);
  const standing = (await readCompacted(place.log, write.topic, clock)) ?? new Map();
  if (write.records.some(({ key }) => !isSame(key, write.standing, standing))) return [changedMeanwhile(place, write)];
  await append(place.log, producer, write, clock);
  return (await canBeRead(place, write, clock)) ? [] : [notVisible(place, write)];
}

/** With as many replicas as MirrorMaker makes, or as there are brokers. */
async function makeTopic(place: StorePlace, topic: string, clock: Clock): Promise<void> {
  const brokers = (await place.reader.describeCluster()).brokers.length;
  const { partitions, replicationFactorWanted, config } = internalTopicShape;
  const replicationFactor = Math.min(replicationFactorWanted, brokers);
  await createTopic(place, { topic, partitions, replicationFactor, config });
  await awaitLeader(place, clock, topic);
}

function isSame(key: Buffer, before: StandingRecords, now: StandingRecords): boolean {
  const [one, other] = [before.get(recordName(key)), now.get(recordName(key))];
  return one === other || (one instanceof Buffer && other instanceof Buffer && one.equals(other));
}

/** All of the records, or none: where one is refused the transaction is aborted, by the brokers if need be. */
async function append(
  log: TransactionalLog,
  producer: ProducerIdentity,
  write: InternalWrite,
  clock: Clock,
): Promise<void> {
  await log.addPartitions(producer, [{ topic: write.topic, partition: 0 }]);
  try {
    await appendAll(log, producer, write, clock);
  } catch (error) {
    await log.endTransaction(producer, 'abort').catch(() => undefined);
    throw error;
  }
  await log.endTransaction(producer, 'commit');
}

async function appendAll(
  log: TransactionalLog,
  producer: ProducerIdentity,
  { topic, records }: InternalWrite,
  clock: Clock,
): Promise<void> {
  let baseSequence = 0;
  for (const part of batchParts(records, ({ key, value }) => key.length + value.length)) {
    const { producerId, producerEpoch } = producer;
    const stamp = { producerId, producerEpoch, baseSequence, transactional: true };
    const timestamp = BigInt(clock.nowMs());
    const batch = buildBatch({ records: part.map((one) => ({ ...one, timestamp })), stamp });
    await appendBatch(log, clock, { topic, producer, batch });
    baseSequence = nextSequence(baseSequence, part.length);
  }
}

async function canBeRead({ log }: WritePlace, { topic, records }: InternalWrite, clock: Clock): Promise<boolean> {
  const deadlineMs = clock.nowMs() + visibleWithinMs;
  for (;;) {
    const found = await readCompacted(log, topic, clock);
    if (found !== null && changedRecords(records, found).length === 0) return true;
    if (clock.nowMs() >= deadlineMs) return false;
    await clock.sleep(visiblePollMs);
  }
}

function changedMeanwhile({ name }: StorePlace, { topic }: InternalWrite): Diagnostic {
  return diagnostic('KP6046', {
    address: topicAddress(name, topic),
    summary: `Somebody else wrote to ${topic} on cluster ${name} meanwhile: nothing was written there.`,
  });
}

function notVisible({ name }: StorePlace, { topic }: InternalWrite): Diagnostic {
  return diagnostic('KP6048', {
    address: topicAddress(name, topic),
    summary: `What was written to ${topic} on cluster ${name} can not be read there yet.`,
  });
}
