import type { Clock } from '../engines/native/ports.ts';
import { afterAttempts, ClusterFault } from './cluster-fault.ts';

/** Limits of one request's retries; whichever is reached first ends them. */
export interface RetryLimits {
  readonly attemptsMax: number;
  readonly elapsedMaxMs: number;
}

export const retryLimits = {
  /** First contact: a person waits and wants to hear that the address is wrong. */
  connect: { attemptsMax: 3, elapsedMaxMs: 15_000 },
  /** An election or a restarted broker takes seconds, seldom more than half a minute. */
  request: { attemptsMax: 60, elapsedMaxMs: 60_000 },
  /** Ending a transaction is retried longer than the brokers may take to write its markers. */
  transaction: { attemptsMax: 3_000, elapsedMaxMs: 60_000 },
  none: { attemptsMax: 1, elapsedMaxMs: 0 },
} as const satisfies Readonly<Record<string, RetryLimits>>;

/** Back-off by the pace that the error table gives an error: doubled each time from `minMs`, never above `maxMs`. */
export const paces = {
  soon: { minMs: 3, maxMs: 50 },
  later: { minMs: 50, maxMs: 2_000 },
} as const;

export interface RetryWorld {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Ends waiting: the fault that was met last is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * The one place where requests are repeated. Calls `operation` until it answers or throws what the error table does not
 * call retriable, or a limit is reached: then throws its last fault, with the number of tries. Waits between half and
 * all of the pace's back-off (jitter, so that many partitions do not come back at one moment), and never less than the fault
 * asks for. Limits that are a function are asked for after each fault.
 */
export async function withRetry<R>(
  limits: RetryLimits | (() => RetryLimits),
  world: RetryWorld,
  operation: () => Promise<R>,
): Promise<R> {
  const startMs = world.clock.nowMs();
  for (let count = 1; ; count += 1) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof ClusterFault) || error.retry === 'never') throw error;
      const pace = paces[error.retry];
      const backoffMs = Math.min(pace.maxMs, pace.minMs * 2 ** Math.min(count - 1, 20));
      const waitMs = Math.max(backoffMs * (0.5 + world.random() / 2), error.retryAfterMs ?? 0);
      const elapsedMs = world.clock.nowMs() - startMs;
      const { attemptsMax, elapsedMaxMs } = typeof limits === 'function' ? limits() : limits;
      const over = count >= attemptsMax || elapsedMs + waitMs > elapsedMaxMs;
      if (over || world.signal?.aborted === true) throw afterAttempts(error, { count, elapsedMs });
      await world.clock.sleep(waitMs, world.signal);
    }
  }
}
