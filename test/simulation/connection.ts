import { brokerFault } from '../../runner/kafka/broker-fault.ts';
import { ClusterFault } from '../../runner/kafka/cluster-fault.ts';
import type { FaultRates } from './faults.ts';
import type { Random } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What a process has sent takes effect within this time, also when it is dead. */
export const lateMsMax = 2_000;

/** Where requests of one connection go. */
export interface Peer {
  readonly cluster: string;
  /** Changes when the broker restarts; null while it is down. */
  incarnation(): number | null;
}

/** One connection to a broker: requests take effect in their order, answers come in that order, and all are lost together. */
export interface Connection {
  call<R>(request: string, effect: () => R, again?: (value: R) => number): Promise<R>;
}

interface Call {
  arrived: boolean;
  readonly effect: () => void;
  readonly lose: () => void;
}

/** `random` decides what goes wrong, by `faults`. A call that is lost rejects with NETWORK_EXCEPTION, as the real one does. */
export function createConnection(
  world: VirtualClock,
  random: Random,
  peer: Peer,
  faults: () => FaultRates,
): Connection {
  let calls = new Set<Call>();
  let arrivesMs = 0;
  let answersMs = 0;
  return { call };

  /** `again` says how long the broker keeps the request to look again (a Fetch without data); 0: it answers. */
  function call<R>(request: string, effect: () => R, again: (value: R) => number = () => 0): Promise<R> {
    return new Promise((resolve, reject) => {
      const { latencyMsMax, lostRequest, lateEffect } = faults();
      const incarnation = peer.incarnation();
      const one: Call = { arrived: false, effect: () => void attempt(effect), lose: () => reject(lost(peer, request)) };
      calls.add(one);
      arrivesMs = Math.max(arrivesMs, world.nowMs() + random.between(0, latencyMsMax));
      world.at(arrivesMs, () => {
        if (!calls.has(one)) return;
        if (incarnation === null || peer.incarnation() !== incarnation) return breakAll(0);
        if (random.chance(lostRequest)) return breakAll(0);
        if (random.chance(lateEffect)) return breakAll(calls.size);
        one.arrived = true;
        serve(attempt(effect));
      });

      function serve(done: Attempt<R>): void {
        const waitMs = 'value' in done ? again(done.value) : 0;
        if (waitMs > 0) {
          world.at(world.nowMs() + waitMs, () => calls.has(one) && answer(attempt(effect)));
          return;
        }
        if (random.chance(faults().twice)) world.at(world.nowMs() + random.between(0, lateMsMax), one.effect);
        answer(done);
      }

      function answer(done: Attempt<R>): void {
        const { slow, slowMsMax, latencyMsMax, lostAnswer } = faults();
        const delayMs = random.between(0, random.chance(slow) ? slowMsMax : latencyMsMax);
        answersMs = Math.max(answersMs, world.nowMs() + delayMs);
        const isLost = random.chance(lostAnswer);
        world.at(answersMs, () => {
          if (!calls.has(one)) return;
          if (isLost || peer.incarnation() !== incarnation) return breakAll(random.between(0, calls.size));
          calls.delete(one);
          if ('error' in done) reject(done.error);
          else resolve(done.value);
        });
      }
    });
  }

  /** Of those on their way, the first `lateCount` still reach the broker, in their order, after the caller has given up. */
  function breakAll(lateCount: number): void {
    const broken = calls;
    calls = new Set();
    arrivesMs = 0;
    answersMs = 0;
    let late = lateCount;
    let lateMs = world.nowMs();
    for (const one of broken) {
      one.lose();
      if (one.arrived || late === 0) continue;
      late -= 1;
      lateMs += random.between(1, Math.max(1, Math.floor((world.nowMs() + lateMsMax - lateMs) / 2)));
      world.at(lateMs, one.effect);
    }
  }
}

function lost(peer: Peer, request: string): ClusterFault {
  return brokerFault({ cluster: peer.cluster, request }, { errorName: 'NETWORK_EXCEPTION' });
}

type Attempt<R> = { readonly value: R } | { readonly error: unknown };

function attempt<R>(effect: () => R): Attempt<R> {
  try {
    return { value: effect() };
  } catch (error) {
    if (error instanceof ClusterFault) return { error };
    throw error;
  }
}
