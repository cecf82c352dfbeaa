import { setTimeout as timeout } from 'node:timers/promises';
import type { Clock } from './ports.ts';

/** The machine's clock. A sleep that is aborted ends early, without an error. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(durationMs, signal) {
    try {
      await timeout(durationMs, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
