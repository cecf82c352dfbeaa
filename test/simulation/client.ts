import type { Clock, FetchRequest, ProduceBatch, TransactionalLog } from '../../runner/engines/native/ports.ts';
import { brokerFault } from '../../runner/kafka/broker-fault.ts';
import { ClusterFault } from '../../runner/kafka/cluster-fault.ts';
import { createFetchSession, type FetchSession } from '../../runner/kafka/fetch-session.ts';
import { type RetryLimits, retryLimits, withRetry } from '../../runner/kafka/retry.ts';
import { fetchError, isEmpty } from './broker-reads.ts';
import { type Connection, createConnection } from './connection.ts';
import { type FaultRates, noFaults } from './faults.ts';
import type { SessionRead } from './fetch-sessions.ts';
import type { Random } from './random.ts';
import type { SimulatedCluster, SynchronousLog } from './simulated-cluster.ts';
import { createVerification } from './verification.ts';
import type { VirtualClock } from './virtual-clock.ts';

export { lateMsMax } from './connection.ts';
export { type FaultRates, noFaults };

/** A process with connections: it can die at any moment, and then hears and does nothing more. */
export interface SimulatedProcess {
  readonly clock: Clock;
  /** A log behind a network of this process. Repeats requests as the real one does (`runner/kafka/log.ts`). */
  connect(cluster: SimulatedCluster, faults: FaultRates | (() => FaultRates)): TransactionalLog;
  kill(): void;
  readonly killed: boolean;
  /** Resolves when it dies. */
  readonly death: Promise<'killed'>;
  /** It hears nothing until then, and goes on as if no time had passed. */
  suspend(untilMs: number): void;
}

/** As `fetchLimits` of `runner/kafka/log-reader.ts`. */
const fetchLimits: RetryLimits = { attemptsMax: 2, elapsedMaxMs: 5_000 };

export function createProcess(world: VirtualClock, random: Random): SimulatedProcess {
  let killed = false;
  let suspendedUntilMs = 0;
  let die: (how: 'killed') => void = () => {};
  const death = new Promise<'killed'>((resolve) => {
    die = resolve;
  });
  const clock: Clock = {
    nowMs: () => world.nowMs(),
    sleep: (durationMs, signal) => alive(world.sleep(durationMs, signal)),
  };
  return {
    clock,
    connect: (cluster, faults) => connect(cluster, typeof faults === 'function' ? faults : () => faults),
    kill() {
      killed = true;
      die('killed');
    },
    get killed() {
      return killed;
    },
    death,
    suspend(untilMs) {
      suspendedUntilMs = untilMs;
    },
  };

  /** The dead never hear of an answer. */
  function alive<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => whenAwake(() => resolve(value)),
        (error: unknown) => whenAwake(() => reject(error)),
      );
    });
  }

  function whenAwake(hear: () => void): void {
    if (killed) return;
    if (world.nowMs() >= suspendedUntilMs) hear();
    else world.at(suspendedUntilMs, () => whenAwake(hear));
  }

  function connect(cluster: SimulatedCluster, faults: () => FaultRates): TransactionalLog {
    const connections = new Map<string, Connection>();
    const log: SynchronousLog = cluster.log;
    const verification = createVerification(cluster.find);
    const anyBroker = () => cluster.leaders.brokers.find(cluster.leaders.isUp) ?? 0;
    return {
      cluster: cluster.name,
      describeTopics: (topics) =>
        repeat(retryLimits.request, () => call('Metadata', anyBroker(), () => log.describeTopics(topics))),
      offsets: (partitions, at) =>
        repeat(retryLimits.request, () => call('ListOffsets', anyBroker(), () => log.offsets(partitions, at))),
      fetch: (broker, request) =>
        repeat(fetchLimits, () =>
          call(
            'Fetch',
            broker,
            () => log.fetch(broker, request),
            (answer) => (isEmpty(answer) ? request.maxWaitMs : 0),
          ),
        ).catch((error: unknown) => unanswered(error, request)),
      openFetches(broker) {
        const session = createFetchSession();
        return (request) =>
          repeat(fetchLimits, () => fetchInSession(broker, session, request)).catch((error: unknown) =>
            unanswered(error, request),
          );
      },
      initProducer: (...args) => coordinated('InitProducerId', () => log.initProducer(...args)),
      addPartitions: (producer, partitions) =>
        coordinated('AddPartitionsToTxn', () => log.addPartitions(producer, partitions)),
      produce(broker, producer, batches, lane = 'records-0') {
        // Read when the request takes effect for the first time, as a socket does; the bytes are the mirror's again later.
        let sent: readonly ProduceBatch[] | null = null;
        const verified = verification(broker, producer);
        const effect = () => {
          sent ??= batches.map((one) => ({ ...one, batch: Buffer.from(one.batch) }));
          return verified.produce(sent, (taken) => log.produce(broker, producer, taken));
        };
        return call('Produce', broker, effect, undefined, `produce ${lane}`)
          .catch((error: unknown) =>
            valuesOf(
              error,
              batches.map(({ topic, partition }) => ({ topic, partition, error: 'NETWORK_EXCEPTION', ...nowhere })),
            ),
          )
          .finally(verified.answered);
      },
      async endTransaction(producer, outcome) {
        let mayComeAgain = false;
        const once = () =>
          call('EndTxn', anyBroker(), () => log.endTransaction(producer, outcome), undefined, 'coordinator').catch(
            (error: unknown) => {
              mayComeAgain ||= error instanceof ClusterFault && error.errorName === 'NETWORK_EXCEPTION';
              throw error;
            },
          );
        await repeat(retryLimits.transaction, once);
        return { mayComeAgain };
      },
      commitGroupOffsets: () => Promise.reject(new Error('not simulated')),
    };

    /** As `runner/kafka/raw-fetch.ts` does it; a session that the broker does not know is begun anew by the next try. */
    async function fetchInSession(broker: number, session: FetchSession, request: FetchRequest) {
      const step = session.next(request.positions);
      let read: SessionRead | undefined;
      const look = () => {
        const waited = read !== undefined || request.maxWaitMs === 0;
        read ??= cluster.fetchSessions.begin(broker, step, request);
        return read.look(waited);
      };
      try {
        const answer = await call('Fetch', broker, look, (found) => (found === null ? request.maxWaitMs : 0));
        const error = answer?.error ?? null;
        if (error !== null) throw brokerFault({ cluster: cluster.name, request: 'Fetch' }, { errorName: error });
        session.answered(answer?.sessionId ?? 0);
        return answer?.partitions ?? [];
      } catch (error) {
        session.lost();
        throw error;
      }
    }

    function coordinated<R>(request: string, effect: () => R): Promise<R> {
      return repeat(retryLimits.transaction, () => call(request, anyBroker(), effect, undefined, 'coordinator'));
    }

    function call<R>(
      request: string,
      broker: number,
      effect: () => R,
      again?: (value: R) => number,
      purpose = request,
    ): Promise<R> {
      const name = `${purpose} ${broker}`;
      let connection = connections.get(name);
      if (connection === undefined) {
        const incarnation = () => (cluster.leaders.isUp(broker) ? cluster.leaders.incarnation(broker) : null);
        const rates = request === 'Produce' ? faults : () => ({ ...faults(), twice: 0 });
        connection = createConnection(world, random, { cluster: cluster.name, incarnation }, rates);
        connections.set(name, connection);
      }
      return killed ? new Promise(() => {}) : alive(connection.call(request, effect, again));
    }
  }

  function repeat<R>(limits: RetryLimits, operation: () => Promise<R>): Promise<R> {
    return withRetry(limits, { clock, random: random.next }, operation);
  }
}

const nowhere = { baseOffset: -1n, logAppendTimeMs: -1n };

function unanswered(error: unknown, { positions }: FetchRequest) {
  return valuesOf(
    error,
    positions.map((one) => fetchError(one, 'NETWORK_EXCEPTION')),
  );
}

/** The real log gives these instead of a fault that may be repeated. */
function valuesOf<T>(error: unknown, values: T): T {
  if (!(error instanceof ClusterFault) || !error.retriable) throw error;
  return values;
}
