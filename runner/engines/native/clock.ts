import { setTimeout as timeout } from 'node:timers/promises';
import type { Clock } from './ports.ts';

/**
 * A time of day that never goes back: while somebody sets the machine's back, a lease would be over for everybody but its
 * holder. It follows the monotonic clock, and the time of day where that is ahead (a monotonic clock may stand still while
 * the machine sleeps).
 */
export function steadyTime(timeOfDayMs: () => number, monotonicMs: () => number): () => number {
  let aheadMs = Number.NEGATIVE_INFINITY;
  return () => {
    const passedMs = monotonicMs();
    aheadMs = Math.max(aheadMs, timeOfDayMs() - passedMs);
    return Math.floor(passedMs + aheadMs);
  };
}

/** The machine's clock. A sleep that is aborted ends early, without an error. */
export const systemClock: Clock = {
  nowMs: steadyTime(Date.now, () => performance.now()),
  async sleep(durationMs, signal) {
    try {
      await timeout(durationMs, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
