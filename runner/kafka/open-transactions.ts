import {
  describeProducersV0,
  describeTransactionsV0,
  type listTransactionsV1 as ListTransactions,
  listTransactionsV0,
} from '@platformatic/kafka';
import type { OpenTransaction, TransactionAtCoordinator, Unread } from '../../src/cluster/progress.ts';
import type { TopicPartition } from '../engines/native/ports.ts';
import { type ClusterClient, purposes } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';

/** Producers that coordinators are asked about; of more, who they are and since when stays untold. */
const producersAskedMax = 500;

export interface ReadTransactions {
  readonly transactions: readonly OpenTransaction[];
  readonly unread: readonly Unread[];
}

type OpenOnPartition = Omit<OpenTransaction, 'coordinator'>;

/**
 * Who holds back the last stable offset of these partitions: their leaders name the producers (DescribeProducers, Kafka
 * 2.8), the coordinators name the transactions and when they began (ListTransactions and DescribeTransactions, 3.0). A
 * coordinator leaves out what the user may not describe. Nothing is asked where nothing is held back.
 */
export async function readOpenTransactions(
  client: ClusterClient,
  held: readonly TopicPartition[],
): Promise<ReadTransactions> {
  if (held.length === 0) return { transactions: [], unread: [] };
  const { open, errors } = await readProducers(client, held);
  const unread = [...errors].map((error): Unread => ({ what: 'open transactions', error }));
  const producerIds = [...new Set(open.map((one) => one.producerId))].slice(0, producersAskedMax);
  if (producerIds.length === 0) return { transactions: [], unread };
  try {
    const known = await askCoordinators(client, producerIds);
    const isAsked = (id: bigint) => producerIds.includes(id);
    const coordinatorOf = ({ producerId }: OpenOnPartition): OpenTransaction['coordinator'] =>
      known.get(producerId) ?? (isAsked(producerId) ? 'unknown' : 'not-asked');
    return { transactions: open.map((one) => ({ ...one, coordinator: coordinatorOf(one) })), unread };
  } catch (fault) {
    if (!(fault instanceof ClusterFault)) throw fault;
    const transactions = open.map((one) => ({ ...one, coordinator: 'not-asked' as const }));
    return { transactions, unread: [...unread, { what: 'coordinators of transactions', error: fault.errorName }] };
  }
}

async function readProducers(client: ClusterClient, held: readonly TopicPartition[]) {
  const { topics } = await client.metadata([...new Set(held.map(({ topic }) => topic))]);
  const leaders = new Map(
    topics.flatMap(({ name, partitions }) => partitions.map((one) => [`${name}:${one.partition}`, one.leader])),
  );
  const byLeader = Map.groupBy(held, ({ topic, partition }) => leaders.get(`${topic}:${partition}`) ?? -1);
  byLeader.delete(-1);
  const errors = new Set<string>();
  const answers = [...byLeader].map(async ([id, some]) => {
    const target = { to: 'broker', id, purpose: purposes.control } as const;
    try {
      const answer = await client.ask(target, producersRequest(some), (all) => all.topics.map(openOnTopic));
      for (const error of answer.flatMap((one) => one.errors)) errors.add(error);
      return answer.flatMap((one) => one.open);
    } catch (fault) {
      if (!(fault instanceof ClusterFault)) throw fault;
      errors.add(fault.errorName);
      return [];
    }
  });
  return { open: (await Promise.all(answers)).flat(), errors };
}

function producersRequest(
  partitions: readonly TopicPartition[],
): Request<describeProducersV0.DescribeProducersResponse> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, some]) => ({
    name,
    partitionIndexes: some.map(({ partition }) => partition),
  }));
  return { name: 'DescribeProducers', tolerant: true, candidates: [candidate(describeProducersV0.api, topics)] };
}

function openOnTopic({ name, partitions }: describeProducersV0.DescribeProducersResponseTopic) {
  const errors = partitions.flatMap((one) => errorName(one.errorCode) ?? []);
  const open = partitions.flatMap(({ partitionIndex, activeProducers }): OpenOnPartition[] =>
    activeProducers
      .filter((one) => one.currentTxnStartOffset >= 0n)
      .map(({ producerId, currentTxnStartOffset, lastTimestamp }) => ({
        topic: name,
        partition: partitionIndex,
        producerId,
        startOffset: currentTxnStartOffset,
        lastTimestampMs: Number(lastTimestamp),
      })),
  );
  return { errors, open };
}

/** Every broker is asked for the transactions of these producers that it coordinates. Throws a ClusterFault. */
async function askCoordinators(client: ClusterClient, producerIds: readonly bigint[]) {
  const { brokers } = await client.metadata([]);
  const answers = await Promise.all(brokers.map(({ id }) => askCoordinator(client, id, producerIds)));
  return new Map(answers.flat());
}

async function askCoordinator(
  client: ClusterClient,
  id: number,
  producerIds: readonly bigint[],
): Promise<(readonly [bigint, TransactionAtCoordinator])[]> {
  const target = { to: 'broker', id, purpose: purposes.coordinator } as const;
  const list: Request<ListTransactions.ListTransactionsResponse> = {
    name: 'ListTransactions',
    candidates: [candidate(listTransactionsV0.api, [], [...producerIds], -1n, null)],
  };
  const listed = await client.ask(target, list, (answer) => answer.transactionStates);
  if (listed.length === 0) return [];
  const ids = listed.map((one) => one.transactionalId);
  const describe: Request<describeTransactionsV0.DescribeTransactionsResponse> = {
    name: 'DescribeTransactions',
    tolerant: true,
    candidates: [candidate(describeTransactionsV0.api, ids)],
  };
  const described = await client.ask(target, describe, (answer) => answer.transactionStates);
  return described
    .filter((one) => one.errorCode === 0 && one.transactionStartTimeMs >= 0n)
    .map((one) => {
      const { transactionalId, transactionTimeoutMs: timeoutMs, transactionStartTimeMs } = one;
      return [one.producerId, { transactionalId, startMs: Number(transactionStartTimeMs), timeoutMs }] as const;
    });
}
