import type { Clock } from '../../../runner/engines/native/ports.ts';

export interface SimulatedClock extends Clock {
  /** Lets virtual time pass, from timer to timer, until the promise settles. Fails where nothing is left to wait for. */
  until<R>(promise: Promise<R>): Promise<R>;
  /** Lets this much virtual time pass. */
  pass(durationMs: number): Promise<void>;
}

interface Timer {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Rounds of the event loop after which promises that wait for nothing are settled. */
const settleRounds = 20;
/** Timers in one `until`: more means that something never ends. */
const timersMax = 100_000;

export function simulatedClock(startMs = 1_700_000_000_000): SimulatedClock {
  let nowMs = startMs;
  const timers = new Set<Timer>();

  function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = { dueMs: nowMs + Math.max(0, durationMs), wake: resolve };
    timers.add(timer);
    signal?.addEventListener('abort', () => {
      timers.delete(timer);
      resolve();
    });
    return promise;
  }

  function earliest(): Timer | undefined {
    return [...timers].reduce<Timer | undefined>((a, b) => (a === undefined || b.dueMs < a.dueMs ? b : a), undefined);
  }

  async function settle(): Promise<void> {
    for (let round = 0; round < settleRounds; round += 1) await new Promise(setImmediate);
  }

  return {
    nowMs: () => nowMs,
    sleep,
    async until(promise) {
      let settled = false;
      promise.then(
        () => (settled = true),
        () => (settled = true),
      );
      for (let count = 0; count < timersMax; count += 1) {
        await settle();
        if (settled) return promise;
        const timer = earliest();
        if (timer === undefined) throw new Error('nothing is left to wait for, and the promise is still open');
        timers.delete(timer);
        nowMs = Math.max(nowMs, timer.dueMs);
        timer.wake();
      }
      throw new Error(`more than ${timersMax} timers`);
    },
    async pass(durationMs) {
      await this.until(sleep(durationMs));
    },
  };
}
