import type { ProducerIdentity, TopicPartition } from '../../runner/engines/native/ports.ts';
import type { ClusterFault } from '../../runner/kafka/cluster-fault.ts';

export type Outcome = 'commit' | 'abort';

/** What the coordinator needs of its cluster. */
export interface CoordinatorCluster {
  nowMs(): number;
  fault(request: string, errorName: string): ClusterFault;
  exists(at: TopicPartition): boolean;
  /** Writes a marker when it can, and says when it stands. */
  writeMarker(
    at: TopicPartition,
    outcome: Outcome,
    producer: Omit<ProducerIdentity, 'transactionalId'>,
    done: () => void,
  ): void;
}

/** `TransactionCoordinator.scala` as clients before KIP-890 meet it; every call takes effect at once. */
export interface TransactionCoordinator {
  initProducer(transactionalId: string, timeoutMs: number, current?: ProducerIdentity): ProducerIdentity;
  addPartitions(producer: ProducerIdentity, partitions: readonly TopicPartition[]): void;
  endTransaction(producer: ProducerIdentity, outcome: Outcome): void;
  /** Aborts what is open for longer than its timeout; time passes between calls. */
  expire(): void;
  /** `transactional.id.expiration.ms` is over for all ids without a transaction: they begin with new producer ids. */
  forgetIdle(): void;
  /** Of all transactions that have ended. */
  markersLeft(): number;
  /** No transaction is open, and nothing was asked for so long. */
  isQuiet(durationMs: number): boolean;
}

interface TransactionState {
  readonly producerId: bigint;
  epoch: number;
  /** The epoch that its own producer moved on from; null where another one took it over. A repeated request is known by it. */
  lastEpoch: number | null;
  timeoutMs: number;
  startedMs: number;
  partitions: TopicPartition[];
  /** Markers that are not written yet: until then every request for this id is answered CONCURRENT_TRANSACTIONS. */
  markersLeft: number;
  /** How the last transaction of this epoch ended: a repeated EndTxn is answered by it. */
  ended: Outcome | null;
}

export function createCoordinator(cluster: CoordinatorCluster, firstProducerId: bigint): TransactionCoordinator {
  const states = new Map<string, TransactionState>();
  let nextProducerId = firstProducerId;
  let askedMs = 0;
  return {
    initProducer(transactionalId, timeoutMs, expected) {
      ask();
      const state = states.get(transactionalId) ?? begin(transactionalId);
      if (expected !== undefined && expected.producerId !== state.producerId) {
        throw cluster.fault('InitProducerId', 'PRODUCER_FENCED');
      }
      expectSettled(state, 'InitProducerId');
      if (state.partitions.length > 0) fence(state);
      expectSettled(state, 'InitProducerId');
      if (expected !== undefined && expected.producerEpoch === state.lastEpoch) return identity(transactionalId, state);
      if (expected !== undefined && expected.producerEpoch !== state.epoch) {
        throw cluster.fault('InitProducerId', 'PRODUCER_FENCED');
      }
      state.lastEpoch = expected?.producerEpoch ?? null;
      state.epoch += 1;
      state.ended = null;
      state.timeoutMs = timeoutMs;
      return identity(transactionalId, state);
    },
    addPartitions(producer, partitions) {
      ask();
      const state = current(producer, 'AddPartitionsToTxn');
      expectSettled(state, 'AddPartitionsToTxn');
      const unknown = partitions.some((one) => !cluster.exists(one));
      if (unknown) throw cluster.fault('AddPartitionsToTxn', 'UNKNOWN_TOPIC_OR_PARTITION');
      if (state.partitions.length === 0) state.startedMs = cluster.nowMs();
      state.ended = null;
      for (const { topic, partition } of partitions) {
        const known = state.partitions.some((one) => one.topic === topic && one.partition === partition);
        if (!known) state.partitions.push({ topic, partition });
      }
    },
    endTransaction(producer, outcome) {
      ask();
      const state = current(producer, 'EndTxn');
      expectSettled(state, 'EndTxn');
      if (state.partitions.length > 0) end(state, outcome);
      else if (state.ended !== outcome) throw cluster.fault('EndTxn', 'INVALID_TXN_STATE');
    },
    expire,
    markersLeft: () => [...states.values()].reduce((sum, one) => sum + one.markersLeft, 0),
    isQuiet(durationMs) {
      const isOpen = [...states.values()].some((one) => one.partitions.length > 0 || one.markersLeft > 0);
      return !isOpen && cluster.nowMs() > askedMs + durationMs;
    },
    forgetIdle() {
      for (const [id, state] of states) if (state.partitions.length === 0 && state.markersLeft === 0) states.delete(id);
    },
  };

  function ask(): void {
    askedMs = cluster.nowMs();
    expire();
  }

  function expire(): void {
    for (const state of states.values()) {
      if (state.partitions.length > 0 && cluster.nowMs() > state.startedMs + state.timeoutMs) fence(state);
    }
  }

  function begin(transactionalId: string): TransactionState {
    const producerId = nextProducerId;
    nextProducerId += 1n;
    const nothing = { timeoutMs: 0, startedMs: 0, partitions: [], markersLeft: 0, ended: null };
    const state: TransactionState = { producerId, epoch: -1, lastEpoch: null, ...nothing };
    states.set(transactionalId, state);
    return state;
  }

  function identity(transactionalId: string, { producerId, epoch }: TransactionState): ProducerIdentity {
    return { transactionalId, producerId, producerEpoch: epoch };
  }

  function current(producer: ProducerIdentity, request: string): TransactionState {
    const state = states.get(producer.transactionalId);
    if (state?.producerId !== producer.producerId) throw cluster.fault(request, 'INVALID_PRODUCER_ID_MAPPING');
    if (state.epoch !== producer.producerEpoch) throw cluster.fault(request, 'PRODUCER_FENCED');
    return state;
  }

  function expectSettled(state: TransactionState, request: string): void {
    if (state.markersLeft > 0) throw cluster.fault(request, 'CONCURRENT_TRANSACTIONS');
  }

  /** The epoch moves on before the abort, so that its markers fence what is still on its way. */
  function fence(state: TransactionState): void {
    state.epoch += 1;
    end(state, 'abort');
  }

  function end(state: TransactionState, outcome: Outcome): void {
    const { producerId, epoch: producerEpoch, partitions } = state;
    state.partitions = [];
    state.ended = outcome;
    state.markersLeft = partitions.length;
    const written = () => {
      state.markersLeft -= 1;
    };
    for (const at of partitions) cluster.writeMarker(at, outcome, { producerId, producerEpoch }, written);
  }
}
