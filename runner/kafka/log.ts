import {
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  endTxnV3,
  initProducerIdV4,
  txnOffsetCommitV3,
} from '@platformatic/kafka';
import type {
  EndedTransaction,
  GroupOffset,
  ProduceBatch,
  ProducedPartition,
  ProduceLane,
  ProducerIdentity,
  TopicPartition,
  TransactionalLog,
} from '../engines/native/ports.ts';
import { isTransactional } from '../records/header.ts';
import { brokerFault } from './broker-fault.ts';
import type { AnswerPlace, ClusterClient } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { candidate } from './connection.ts';
import type { Purpose } from './connection-pool.ts';
import { errorName, isFencing, kafkaErrors } from './error-table.ts';
import { openLogReader } from './log-reader.ts';
import { rawProduce } from './raw-produce.ts';
import { retryLimits, withRetry } from './retry.ts';

/**
 * Reading and transactional writing of one cluster. Everything but `produce` is repeated within `retryLimits`; a
 * transactional id that somebody else has taken over throws a FencedError.
 *
 * `produce` is never repeated here: the next batches of the partition may be on their way, and only the engine knows
 * their sequences. Where no answer came, each of its partitions answers `NETWORK_EXCEPTION`: the batch may be in the log
 * or not, so the session must end. A missing permission or a wrong password is thrown. The transactional id goes along
 * with batches of a transaction only: brokers ask for no right to it otherwise.
 *
 * `endTransaction` whose answer was lost is sent again: for the same epoch the coordinator answers a repeated commit of a
 * committed (abort of an aborted) transaction without an error, and INVALID_TXN_STATE to the opposite one. But one that
 * comes late, when the next transaction has begun in the same epoch, ends that one (KIP-890 tells of it).
 */
export function openLog(client: ClusterClient): TransactionalLog {
  return {
    ...openLogReader(client),
    initProducer: (transactionalId, transactionTimeoutMs, current) =>
      initProducer(client, transactionalId, transactionTimeoutMs, current),
    addPartitions: (producer, partitions) => addPartitions(client, producer, partitions),
    produce: (broker, producer, batches, lane) => produce(client, broker, producer, batches, lane),
    endTransaction: (producer, outcome) => endTransaction(client, producer, outcome),
    commitGroupOffsets: (producer, group, offsets) => commitGroupOffsets(client, producer, group, offsets),
  };
}

function coordinatorOf(transactionalId: string) {
  return { to: 'coordinator', kind: 'transaction', key: transactionalId } as const;
}

/** Throws where one of the codes is an error; OPERATION_NOT_ATTEMPTED only where nothing else tells why. */
function expectNone(
  place: AnswerPlace,
  resource: string,
  found: readonly { readonly code: number; readonly resource?: string }[],
): void {
  const errors = found.flatMap((one) => {
    const name = errorName(one.code);
    return name === null ? [] : [{ errorName: name, resource: one.resource ?? resource }];
  });
  const fenced = errors.find((one) => isFencing(one.errorName));
  if (fenced !== undefined) throw brokerFault(place, { errorName: fenced.errorName, resource });
  const telling = errors.find((one) => one.errorName !== 'OPERATION_NOT_ATTEMPTED') ?? errors[0];
  if (telling !== undefined) throw brokerFault(place, telling);
}

const noIdentity = { producerId: -1n, producerEpoch: -1 };

async function initProducer(
  client: ClusterClient,
  transactionalId: string,
  timeoutMs: number,
  { producerId, producerEpoch }: Pick<ProducerIdentity, 'producerId' | 'producerEpoch'> = noIdentity,
): Promise<ProducerIdentity> {
  const request = {
    name: 'InitProducerId',
    resource: transactionalId,
    tolerant: true,
    candidates: [candidate(initProducerIdV4.api, transactionalId, timeoutMs, producerId, producerEpoch)],
  };
  const read = (answer: { errorCode: number; producerId: bigint; producerEpoch: number }, place: AnswerPlace) => {
    expectNone(place, transactionalId, [{ code: answer.errorCode }]);
    return { transactionalId, producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  };
  return client.ask(coordinatorOf(transactionalId), request, read, retryLimits.transaction);
}

async function addPartitions(
  client: ClusterClient,
  producer: ProducerIdentity,
  partitions: readonly TopicPartition[],
): Promise<void> {
  if (partitions.length === 0) return;
  const topics = [...Map.groupBy(partitions, (one) => one.topic)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map((one) => one.partition),
  }));
  const request = {
    name: 'AddPartitionsToTxn',
    resource: producer.transactionalId,
    tolerant: true,
    candidates: [candidate(addPartitionsToTxnV3.api, [{ ...producer, verifyOnly: false, topics }])],
  };
  await client.ask(
    coordinatorOf(producer.transactionalId),
    request,
    (answer, place) => {
      const results = answer.resultsByTransaction.flatMap((one) => one.topicResults);
      expectNone(
        place,
        producer.transactionalId,
        results.flatMap((topic) =>
          topic.resultsByPartition.map((one) => ({ code: one.partitionErrorCode, resource: topic.name })),
        ),
      );
    },
    retryLimits.transaction,
  );
}

async function produce(
  client: ClusterClient,
  broker: number,
  producer: ProducerIdentity | null,
  batches: readonly ProduceBatch[],
  lane: ProduceLane = 'records-0',
): Promise<readonly ProducedPartition[]> {
  const id = producer?.transactionalId;
  const purpose: Purpose = { name: `produce ${lane} ${id ?? ''}`, connectionsMax: 1, carries: 'records' };
  const transactionalId = batches.some((one) => isTransactional(one.batch)) ? (id ?? null) : null;
  const request = { name: 'Produce', resource: id, candidates: [candidate(rawProduce, transactionalId, batches)] };
  try {
    return await client.ask({ to: 'broker', id: broker, purpose }, request, (answer) => answer, retryLimits.none);
  } catch (error) {
    if (!(error instanceof ClusterFault) || !error.retriable) throw error;
    return batches.map(({ topic, partition }) => ({
      topic,
      partition,
      error: 'NETWORK_EXCEPTION',
      message: error.message,
      baseOffset: -1n,
      logAppendTimeMs: -1n,
    }));
  }
}

async function endTransaction(
  client: ClusterClient,
  producer: ProducerIdentity,
  outcome: 'commit' | 'abort',
): Promise<EndedTransaction> {
  const { transactionalId, producerId, producerEpoch } = producer;
  const request = {
    name: 'EndTxn',
    resource: transactionalId,
    tolerant: true,
    candidates: [candidate(endTxnV3.api, transactionalId, producerId, producerEpoch, outcome === 'commit')],
  };
  let mayComeAgain = false;
  const once = async () => {
    try {
      await client.ask(
        coordinatorOf(transactionalId),
        request,
        (answer, place) => expectNone(place, transactionalId, [{ code: answer.errorCode }]),
        retryLimits.none,
      );
    } catch (error) {
      if (error instanceof ClusterFault && error.errorName === 'NETWORK_EXCEPTION') mayComeAgain = true;
      throw error;
    }
  };
  await withRetry(retryLimits.transaction, client.world, once);
  return { mayComeAgain };
}

const topicRefused = kafkaErrors.TOPIC_AUTHORIZATION_FAILED.code;

async function commitGroupOffsets(
  client: ClusterClient,
  producer: ProducerIdentity,
  group: string,
  offsets: readonly GroupOffset[],
): Promise<void> {
  if (offsets.length === 0) return;
  const { transactionalId, producerId, producerEpoch } = producer;
  await client.ask(
    coordinatorOf(transactionalId),
    {
      name: 'AddOffsetsToTxn',
      resource: transactionalId,
      tolerant: true,
      candidates: [candidate(addOffsetsToTxnV3.api, transactionalId, producerId, producerEpoch, group)],
    },
    (answer, place) => expectNone(place, transactionalId, [{ code: answer.errorCode, resource: group }]),
    retryLimits.transaction,
  );
  const topics = [...Map.groupBy(offsets, (one) => one.topic)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map((one) => ({
      partitionIndex: one.partition,
      committedOffset: one.offset,
      committedLeaderEpoch: -1,
      committedMetadata: one.metadata,
    })),
  }));
  await client.ask(
    { to: 'coordinator', kind: 'group', key: group },
    {
      name: 'TxnOffsetCommit',
      resource: group,
      tolerant: true,
      candidates: [
        candidate(txnOffsetCommitV3.api, transactionalId, group, producerId, producerEpoch, -1, '', null, topics),
      ],
    },
    (answer, place) =>
      expectNone(
        place,
        group,
        answer.topics.flatMap((topic) =>
          topic.partitions.map((one) => ({
            code: one.errorCode,
            resource: one.errorCode === topicRefused ? topic.name : group,
          })),
        ),
      ),
    retryLimits.transaction,
  );
}
