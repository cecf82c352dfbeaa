import type {
  FetchedPartition,
  FetchPosition,
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
import { CorruptBatchError } from '../../runner/records/corrupt-batch.ts';
import { crcIsValid } from '../../runner/records/crc.ts';
import { decodeRecords } from '../../runner/records/decode.ts';
import { codecOf } from '../../runner/records/header.ts';
import { fetchError, fetchFrom, offsetAt } from './broker-reads.ts';
import { createFetchSessions, type FetchSessions } from './fetch-sessions.ts';
import { createLeaders, type Leaders } from './leaders.ts';
import {
  type Appended,
  appendMarker,
  appendProduced,
  emptyPartition,
  type SimulatedPartition,
} from './simulated-partition.ts';
import { createCoordinator, type Outcome, type TransactionCoordinator } from './transaction-coordinator.ts';

/** A cluster in memory: every call takes effect at once. `createProcess` adds time, faults and death. */
export interface SimulatedCluster {
  readonly name: string;
  readonly log: SynchronousLog;
  readonly leaders: Leaders;
  readonly fetchSessions: FetchSessions;
  readonly coordinator: Pick<TransactionCoordinator, 'forgetIdle' | 'markersLeft' | 'isQuiet'>;
  createTopic(topic: string, partitions: number): void;
  deleteTopic(topic: string): void;
  addPartition(topic: string): void;
  find(at: TopicPartition): SimulatedPartition | undefined;
  /** Throws where there is none. */
  partition(at: TopicPartition): SimulatedPartition;
  moveLeader(at: TopicPartition, broker: number): void;
  maxMessageBytes: number;
  /** As brokers do: EndTxn is answered at once, each marker comes when `write` is called. Null: they come at once. */
  delayMarkers: ((write: () => void) => void) | null;
  /** Too few replicas are in sync: produces are refused, or answered so after they were appended. Or the disks are full. */
  readOnly: 'NOT_ENOUGH_REPLICAS' | 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' | 'KAFKA_STORAGE_ERROR' | null;
  /** As brokers whose inter.broker.protocol.version is below 2.1. */
  refusesZstd: boolean;
  /** Produced batches are read to their last record, as brokers do (`LogValidator`); what comes from templates need not. */
  checksRecords: boolean;
  /** Brokers before 3.1: a fetch reads whatever topic has the name. */
  fetchesByName: boolean;
  /** Brokers whose metadata is behind: they describe topics as they stood when this was set to true. */
  staleMetadata: boolean;
}

/** The ports' calls without their promises. */
export type SynchronousLog = {
  readonly [M in Exclude<
    keyof TransactionalLog,
    'cluster' | 'openFetches' | 'commitGroupOffsets' | 'endTransaction'
  >]: (...args: Parameters<TransactionalLog[M]>) => Awaited<ReturnType<TransactionalLog[M]>>;
} & { readonly endTransaction: (...args: Parameters<TransactionalLog['endTransaction']>) => void };

interface SimulatedTopic {
  readonly topicId: string;
  readonly partitions: SimulatedPartition[];
}

const maxMessageBytesDefault = 1_048_588;

export function createSimulatedCluster(
  name: string,
  nowMs: () => number,
  firstProducerId: bigint,
  brokerCount = 3,
): SimulatedCluster {
  const topics = new Map<string, SimulatedTopic>();
  const leaders = createLeaders(find, brokerCount);
  const coordinator = createCoordinator(
    { nowMs, fault, exists: (at) => find(at) !== undefined, writeMarker },
    firstProducerId,
  );
  const { initProducer, addPartitions, endTransaction } = coordinator;
  let topicsMade = 0;
  let shown: ReadonlyMap<string, TopicDescription> | null = null;
  const cluster: SimulatedCluster = {
    name,
    maxMessageBytes: maxMessageBytesDefault,
    delayMarkers: null,
    readOnly: null,
    refusesZstd: false,
    checksRecords: false,
    fetchesByName: false,
    leaders,
    coordinator,
    fetchSessions: createFetchSessions(fetch, leaders.incarnation),
    log: { describeTopics, fetch, offsets, initProducer, addPartitions, produce, endTransaction },
    createTopic(topic, partitions) {
      topicsMade += 1;
      topics.set(topic, { topicId: `${name}-id-${topicsMade}`, partitions: [] });
      for (let i = 0; i < partitions; i += 1) cluster.addPartition(topic);
    },
    addPartition(topic) {
      const { partitions } = topics.get(topic) ?? missing(topic);
      leaders.place({ topic, partition: partitions.length });
      partitions.push(emptyPartition());
    },
    deleteTopic(topic) {
      topics.delete(topic);
    },
    find,
    partition: (at) => find(at) ?? missing(`${at.topic}-${at.partition}`),
    moveLeader: (at, broker) => leaders.move(at, broker),
    get staleMetadata() {
      return shown !== null;
    },
    set staleMetadata(isStale) {
      shown = isStale ? describeTopics([...topics.keys()]) : null;
    },
  };
  return cluster;

  function missing(what: string): never {
    throw new Error(`no ${what} on ${name}`);
  }

  function find(at: TopicPartition): SimulatedPartition | undefined {
    return topics.get(at.topic)?.partitions[at.partition];
  }

  function fault(request: string, errorName: string) {
    return brokerFault({ cluster: name, request }, { errorName });
  }

  function describeTopics(wanted: readonly string[]): Map<string, TopicDescription> {
    const found = new Map<string, TopicDescription>();
    for (const topic of wanted) {
      const state = topics.get(topic);
      const live = state && { topic, topicId: state.topicId, leaders: leaders.of(topic, state.partitions.length) };
      const description = shown === null ? live : shown.get(topic);
      if (description !== undefined) found.set(topic, description);
    }
    return found;
  }

  /** The log, where this broker leads it; else the error that it answers. */
  function led(at: TopicPartition, broker: number): SimulatedPartition | string {
    const log = find(at);
    if (log === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
    return leaders.refusal(at, broker) ?? (log.isOffline ? 'KAFKA_STORAGE_ERROR' : log);
  }

  /** As `led`; brokers look at the id first, and one whose metadata is behind finds another one in the log. */
  function identified({ topicId, ...at }: FetchPosition, broker: number): SimulatedPartition | string {
    const topic = topics.get(at.topic);
    if (topic?.topicId === topicId) return led(at, broker);
    return topic !== undefined && shown?.get(at.topic)?.topicId === topicId
      ? 'INCONSISTENT_TOPIC_ID'
      : 'UNKNOWN_TOPIC_ID';
  }

  function fetch(broker: number, request: FetchRequest): FetchedPartition[] {
    coordinator.expire();
    const answer = { bytesLeft: request.maxBytes, first: true };
    const byId = !cluster.fetchesByName && request.positions.every((one) => one.topicId !== undefined);
    return request.positions.map((position) => {
      const log = byId ? identified(position, broker) : led(position, broker);
      return typeof log === 'string' ? fetchError(position, log) : fetchFrom(log, position, request, answer);
    });
  }

  function offsets(partitions: readonly TopicPartition[], at: OffsetSpec): OffsetAnswer[] {
    coordinator.expire();
    return partitions.map(({ topic, partition }) => {
      const leader = leaders.of(topic, partition + 1)[partition] ?? -1;
      const log = leader < 0 && find({ topic, partition }) ? 'LEADER_NOT_AVAILABLE' : led({ topic, partition }, leader);
      return { topic, partition, ...(typeof log === 'string' ? { error: log, offset: -1n } : offsetAt(log, at)) };
    });
  }

  function produce(
    broker: number,
    _producer: ProducerIdentity | null,
    batches: readonly ProduceBatch[],
  ): ProducedPartition[] {
    coordinator.expire();
    return batches.map(({ topic, partition, batch }) => {
      const log = led({ topic, partition }, broker);
      const appended = typeof log === 'string' ? { error: log } : append(log, batch, maxBytesOf(topic));
      const baseOffset = 'base' in appended ? appended.base : -1n;
      return { topic, partition, error: appended.error, baseOffset, logAppendTimeMs: -1n };
    });
  }

  /** kplan makes its own topics with the default. */
  function maxBytesOf(topic: string): number {
    return topic.startsWith('__kplan') ? maxMessageBytesDefault : cluster.maxMessageBytes;
  }

  function append(log: SimulatedPartition, batch: Buffer, maxBytes: number): Appended {
    const { readOnly } = cluster;
    if (readOnly !== null && readOnly !== 'NOT_ENOUGH_REPLICAS_AFTER_APPEND') return { error: readOnly };
    if (cluster.refusesZstd && codecOf(batch) === 'zstd') return { error: 'UNSUPPORTED_COMPRESSION_TYPE' };
    if (cluster.checksRecords && !isReadable(batch)) return { error: 'INVALID_RECORD' };
    log.producedAtMs = nowMs();
    const appended = appendProduced(log, batch, maxBytes);
    return readOnly === null || appended.error !== null ? appended : { error: readOnly };
  }

  function writeMarker(
    at: TopicPartition,
    outcome: Outcome,
    producer: { readonly producerId: bigint; readonly producerEpoch: number },
    done: () => void,
  ): void {
    const write = () =>
      leaders.whenLed(at, () => {
        const log = find(at);
        if (log !== undefined) appendMarker(log, outcome === 'commit' ? 'COMMIT' : 'ABORT', producer, BigInt(nowMs()));
        done();
      });
    if (cluster.delayMarkers === null) write();
    else cluster.delayMarkers(write);
  }
}

function isReadable(batch: Buffer): boolean {
  try {
    decodeRecords(batch);
    return true;
  } catch (error) {
    if (error instanceof CorruptBatchError) return !crcIsValid(batch);
    throw error;
  }
}
