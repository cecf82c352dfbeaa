import type { Clock, TransactionalLog } from '../../runner/engines/native/ports.ts';
import { brokerFault } from '../../runner/kafka/broker-fault.ts';
import type { Random } from './random.ts';
import type { SimulatedCluster, SynchronousLog } from './simulated-cluster.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A process with connections: it can die at any moment, and then hears and does nothing more. */
export interface SimulatedProcess {
  readonly clock: Clock;
  /** A log behind a network of this process. */
  connect(cluster: SimulatedCluster, faults: FaultRates): TransactionalLog;
  kill(): void;
  readonly killed: boolean;
  /** Resolves when it dies. */
  readonly death: Promise<'killed'>;
}

/** Probabilities a call. */
export interface FaultRates {
  /** The request is lost. */
  readonly lostRequest: number;
  /** It takes effect, but its answer is lost. */
  readonly lostAnswer: number;
  /** The caller gives up, and it takes effect later. */
  readonly lateEffect: number;
  readonly latencyMsMax: number;
}

export const noFaults: FaultRates = { lostRequest: 0, lostAnswer: 0, lateEffect: 0, latencyMsMax: 3 };

/** What a process has sent takes effect within this time, also when it is dead. */
export const lateMsMax = 2_000;

export function createProcess(world: VirtualClock, random: Random): SimulatedProcess {
  let killed = false;
  let die: (how: 'killed') => void = () => {};
  const death = new Promise<'killed'>((resolve) => {
    die = resolve;
  });
  return {
    clock: {
      nowMs: () => world.nowMs(),
      sleep: (durationMs, signal) => alive(world.sleep(durationMs, signal)),
    },
    connect,
    kill() {
      killed = true;
      die('killed');
    },
    get killed() {
      return killed;
    },
    death,
  };

  /** The dead never hear of an answer. */
  function alive<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => killed || resolve(value),
        (error: unknown) => killed || reject(error),
      );
    });
  }

  function connect(cluster: SimulatedCluster, faults: FaultRates): TransactionalLog {
    /** Requests on one connection take effect in their order. */
    const busyUntilMs = new Map<string, number>();
    const call = <R>(request: string, connection: string, effect: () => R): Promise<R> =>
      alive(
        new Promise((resolve, reject) => {
          if (killed) return;
          const after = Math.max(
            busyUntilMs.get(connection) ?? 0,
            world.nowMs() + random.between(0, faults.latencyMsMax),
          );
          busyUntilMs.set(connection, after);
          const lost = () =>
            reject(brokerFault({ cluster: cluster.name, request }, { errorName: 'NETWORK_EXCEPTION' }));
          if (random.chance(faults.lostRequest)) return world.at(after, lost);
          if (random.chance(faults.lateEffect)) {
            world.at(after, lost);
            return world.at(after + random.between(1, lateMsMax), () => void attempt(effect));
          }
          const answerLost = random.chance(faults.lostAnswer);
          const answerMs = random.between(0, faults.latencyMsMax);
          world.at(after, () => {
            const done = attempt(effect);
            world.at(world.nowMs() + answerMs, () => {
              if (answerLost) lost();
              else if ('error' in done) reject(done.error);
              else resolve(done.value);
            });
          });
        }),
      );
    const log: SynchronousLog = cluster.log;
    return {
      cluster: cluster.name,
      describeTopics: (topics) => call('Metadata', 'metadata', () => log.describeTopics(topics)),
      offsets: (partitions, at) => call('ListOffsets', 'metadata', () => log.offsets(partitions, at)),
      async fetch(broker, request) {
        const answer = await call('Fetch', `fetch ${broker}`, () => log.fetch(broker, request));
        if (answer.every((one) => one.error === null && one.records.length === 0)) {
          await alive(world.sleep(request.maxWaitMs));
        }
        return answer;
      },
      initProducer: (id, timeoutMs) => call('InitProducerId', 'coordinator', () => log.initProducer(id, timeoutMs)),
      addPartitions: (producer, partitions) =>
        call('AddPartitionsToTxn', 'coordinator', () => log.addPartitions(producer, partitions)),
      produce: (broker, producer, batches) => {
        const sent = batches.map((one) => ({ ...one, batch: Buffer.from(one.batch) }));
        return call('Produce', `produce ${broker}`, () => log.produce(broker, producer, sent));
      },
      endTransaction: (producer, outcome) => call('EndTxn', 'coordinator', () => log.endTransaction(producer, outcome)),
      commitGroupOffsets: () => Promise.reject(new Error('not simulated')),
    };
  }
}

function attempt<R>(effect: () => R): { readonly value: R } | { readonly error: unknown } {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}
