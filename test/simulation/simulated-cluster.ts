import type {
  FetchedPartition,
  FetchRequest,
  OffsetAnswer,
  OffsetSpec,
  ProduceBatch,
  ProducedPartition,
  ProducerIdentity,
  TopicDescription,
  TopicPartition,
  TransactionalLog,
} from '../../runner/engines/native/ports.ts';
import { brokerFault } from '../../runner/kafka/broker-fault.ts';
import { decodeRecords } from '../../runner/records/decode.ts';
import {
  appendMarker,
  appendProduced,
  emptyPartition,
  lastStable,
  readLog,
  type SimulatedPartition,
} from './simulated-partition.ts';

export interface SimulatedTopic {
  readonly topicId: string;
  readonly partitions: readonly SimulatedPartition[];
  readonly leaders: number[];
}

/** A cluster in memory: every call takes effect at once. `createClient` adds time, faults and death. */
export interface SimulatedCluster {
  readonly name: string;
  readonly log: SynchronousLog;
  createTopic(topic: string, partitions: number): void;
  deleteTopic(topic: string): void;
  partition(at: TopicPartition): SimulatedPartition;
  moveLeader(at: TopicPartition, broker: number): void;
  maxMessageBytes: number;
  /** As brokers do: EndTxn is answered at once, its markers come when `write` is called. Null: they come at once. */
  delayMarkers: ((write: () => void) => void) | null;
}

/** The ports' calls without their promises. */
export type SynchronousLog = {
  readonly [M in Exclude<keyof TransactionalLog, 'cluster' | 'commitGroupOffsets'>]: (
    ...args: Parameters<TransactionalLog[M]>
  ) => Awaited<ReturnType<TransactionalLog[M]>>;
};

interface TransactionState {
  readonly producerId: bigint;
  epoch: number;
  partitions: TopicPartition[];
  /** How the last transaction of this epoch ended: a repeated EndTxn is answered by it. */
  ended: 'commit' | 'abort' | null;
  /** Writes the markers of the transaction that has ended; the next one waits for it (CONCURRENT_TRANSACTIONS). */
  complete: () => void;
}

const brokersMax = 3;

export function createSimulatedCluster(name: string, nowMs: () => number, firstProducerId: bigint): SimulatedCluster {
  const topics = new Map<string, SimulatedTopic>();
  const transactions = new Map<string, TransactionState>();
  let nextProducerId = firstProducerId;
  let topicsMade = 0;
  const cluster: SimulatedCluster = {
    name,
    maxMessageBytes: 1_048_588,
    delayMarkers: null,
    log: { describeTopics, fetch, offsets, initProducer, addPartitions, produce, endTransaction },
    createTopic(topic, partitions) {
      topicsMade += 1;
      topics.set(topic, {
        topicId: `${name}-id-${topicsMade}`,
        partitions: Array.from({ length: partitions }, emptyPartition),
        leaders: Array.from({ length: partitions }, (_, index) => index % brokersMax),
      });
    },
    deleteTopic: (topic) => void topics.delete(topic),
    partition(at) {
      const found = find(at);
      if (found === undefined) throw new Error(`no partition ${at.topic}-${at.partition} on ${name}`);
      return found;
    },
    moveLeader(at, broker) {
      const topic = topics.get(at.topic);
      if (topic !== undefined) topic.leaders[at.partition] = broker;
    },
  };
  return cluster;

  function find(at: TopicPartition): SimulatedPartition | undefined {
    return topics.get(at.topic)?.partitions[at.partition];
  }

  function leaderError(at: TopicPartition, broker: number): string | null {
    const leader = topics.get(at.topic)?.leaders[at.partition];
    if (leader === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
    return leader === broker ? null : 'NOT_LEADER_OR_FOLLOWER';
  }

  function fault(request: string, errorName: string) {
    return brokerFault({ cluster: name, request }, { errorName });
  }

  function describeTopics(wanted: readonly string[]): Map<string, TopicDescription> {
    const found = new Map<string, TopicDescription>();
    for (const topic of wanted) {
      const state = topics.get(topic);
      if (state !== undefined) found.set(topic, { topic, topicId: state.topicId, leaders: [...state.leaders] });
    }
    return found;
  }

  function fetch(broker: number, request: FetchRequest): FetchedPartition[] {
    let bytesLeft = request.maxBytes;
    let first = true;
    return request.positions.map(({ topic, partition, offset, maxBytes }) => {
      const at = { topic, partition };
      const log = find(at);
      const empty = { ...at, logStartOffset: -1n, highWatermark: -1n, lastStableOffset: -1n, records: Buffer.alloc(0) };
      const error = leaderError(at, broker);
      if (log === undefined || error !== null) return { ...empty, error, abortedTransactions: [] };
      if (offset < log.start || offset > log.end) {
        return { ...empty, error: 'OFFSET_OUT_OF_RANGE', abortedTransactions: [] };
      }
      const below = request.isolation === 'read_committed' ? lastStable(log) : log.end;
      const read = readLog(log, offset, below, Math.min(maxBytes, Math.max(bytesLeft, 0)), first);
      bytesLeft -= read.bytes;
      if (read.bytes > 0) first = false;
      return {
        ...at,
        error: null,
        logStartOffset: log.start,
        highWatermark: log.end,
        lastStableOffset: lastStable(log),
        abortedTransactions: request.isolation === 'read_committed' ? read.aborted : [],
        records: read.records,
      };
    });
  }

  function offsets(partitions: readonly TopicPartition[], at: OffsetSpec): OffsetAnswer[] {
    return partitions.map(({ topic, partition }) => {
      const log = find({ topic, partition });
      if (log === undefined) return { topic, partition, error: 'UNKNOWN_TOPIC_OR_PARTITION', offset: -1n };
      return { topic, partition, error: null, offset: offsetAt(log, at) };
    });
  }

  function initProducer(transactionalId: string): ProducerIdentity {
    const state = transactions.get(transactionalId) ?? begin(transactionalId);
    state.complete();
    state.epoch += 1;
    endAt(state, 'abort');
    state.ended = null;
    return { transactionalId, producerId: state.producerId, producerEpoch: state.epoch };
  }

  function begin(transactionalId: string): TransactionState {
    const state: TransactionState = {
      producerId: nextProducerId,
      epoch: -1,
      partitions: [],
      ended: null,
      complete: () => {},
    };
    nextProducerId += 1n;
    transactions.set(transactionalId, state);
    return state;
  }

  function current(producer: ProducerIdentity, request: string): TransactionState {
    const state = transactions.get(producer.transactionalId);
    if (state === undefined || state.epoch !== producer.producerEpoch) throw fault(request, 'PRODUCER_FENCED');
    return state;
  }

  function addPartitions(producer: ProducerIdentity, partitions: readonly TopicPartition[]): void {
    const state = current(producer, 'AddPartitionsToTxn');
    state.complete();
    state.ended = null;
    for (const { topic, partition } of partitions) {
      if (find({ topic, partition }) === undefined) throw fault('AddPartitionsToTxn', 'UNKNOWN_TOPIC_OR_PARTITION');
      if (state.partitions.some((one) => one.topic === topic && one.partition === partition)) continue;
      state.partitions.push({ topic, partition });
    }
  }

  function produce(
    broker: number,
    _producer: ProducerIdentity | null,
    batches: readonly ProduceBatch[],
  ): ProducedPartition[] {
    return batches.map(({ topic, partition, batch }) => {
      const log = find({ topic, partition });
      const refused = leaderError({ topic, partition }, broker);
      const error = log === undefined || refused !== null ? refused : null;
      const appended =
        log === undefined || error !== null ? { error } : appendProduced(log, batch, cluster.maxMessageBytes);
      const baseOffset = 'base' in appended ? appended.base : -1n;
      return { topic, partition, error: appended.error, baseOffset, logAppendTimeMs: -1n };
    });
  }

  function endTransaction(producer: ProducerIdentity, outcome: 'commit' | 'abort'): void {
    const state = current(producer, 'EndTxn');
    if (state.partitions.length === 0 && state.ended !== outcome) throw fault('EndTxn', 'INVALID_TXN_STATE');
    state.complete();
    const writeMarkers = markersOf(state, outcome);
    state.partitions = [];
    state.ended = outcome;
    if (cluster.delayMarkers === null) {
      writeMarkers();
      return;
    }
    state.complete = () => {
      state.complete = () => {};
      writeMarkers();
    };
    cluster.delayMarkers(() => state.complete());
  }

  function endAt(state: TransactionState, outcome: 'commit' | 'abort'): void {
    markersOf(state, outcome)();
    state.partitions = [];
  }

  function markersOf(state: TransactionState, outcome: 'commit' | 'abort'): () => void {
    const { producerId, epoch: producerEpoch, partitions } = state;
    return () => {
      for (const at of partitions) {
        const log = find(at);
        const kind = outcome === 'commit' ? 'COMMIT' : 'ABORT';
        if (log !== undefined) appendMarker(log, kind, { producerId, producerEpoch }, BigInt(nowMs()));
      }
    };
  }
}

function offsetAt(log: SimulatedPartition, at: OffsetSpec): bigint {
  if (at === 'earliest') return log.start;
  if (at === 'latest') return log.end;
  if (at === 'last-stable') return lastStable(log);
  for (const batch of log.batches) {
    if (batch.kind === 'marker') continue;
    for (const record of decodeRecords(batch.bytes)) {
      if (record.timestamp >= at.timestampMs && record.offset >= log.start) return record.offset;
    }
  }
  return -1n;
}
