import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../runner/engines/native/ports.ts';

/** Time that passes only when nothing else is left to do. */
export interface VirtualClock extends Clock {
  /** Calls `action` at that time; actions of one time in the order of their calls. */
  at(timeMs: number, action: () => void): void;
  /** Lets time pass until the promise is settled. Fails where nothing is scheduled any more, or time goes too far. */
  run<T>(promise: Promise<T>): Promise<T>;
}

interface Scheduled {
  readonly timeMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** A flow that takes longer than this of virtual time hangs. */
const runMsMax = 3_600_000;

export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs;
  let order = 0;
  const scheduled: Scheduled[] = [];
  const clock: VirtualClock = {
    nowMs: () => nowMs,
    at(timeMs, action) {
      insert({ timeMs: Math.max(timeMs, nowMs), order: order++, action });
    },
    sleep(durationMs, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
        clock.at(nowMs + durationMs, resolve);
      });
    },
    async run(promise) {
      let settled = false;
      const done = promise.finally(() => {
        settled = true;
      });
      done.catch(() => {});
      const deadlineMs = nowMs + runMsMax;
      for (await setImmediate(); !settled; await setImmediate()) {
        const next = scheduled.shift();
        if (next === undefined) throw new Error('the simulation hangs: nothing is scheduled');
        if (next.timeMs > deadlineMs) throw new Error('the simulation takes too long');
        nowMs = next.timeMs;
        next.action();
      }
      return done;
    },
  };
  return clock;

  function insert(one: Scheduled): void {
    let low = 0;
    let high = scheduled.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = scheduled[middle];
      if (other !== undefined && other.timeMs <= one.timeMs) low = middle + 1;
      else high = middle;
    }
    scheduled.splice(low, 0, one);
  }
}
