import type { Clock } from './ports.ts';

/** Holds what a flow writes to a rate. A request is sent whole and then paid off by time, so that the mean is the rate. */
export interface Throttle {
  /** Milliseconds until the next request may go; 0: now. */
  waitMs(): number;
  /** Bytes that one request should hold at most. */
  readonly requestBytesMax: number;
  sent(bytes: number): void;
}

/** A request holds what may be written in this time, so that a slow flow writes often instead of in bursts. */
const requestMs = 250;

/** Without a rate nothing is held back. */
export function createThrottle(bytesPerSecond: number | undefined, clock: Clock): Throttle {
  if (bytesPerSecond === undefined) {
    return { waitMs: () => 0, requestBytesMax: Number.POSITIVE_INFINITY, sent: () => {} };
  }
  let paidOffAtMs = clock.nowMs();
  return {
    waitMs: () => Math.max(0, Math.ceil(paidOffAtMs - clock.nowMs())),
    requestBytesMax: Math.ceil((bytesPerSecond * requestMs) / 1000),
    sent(bytes) {
      paidOffAtMs = Math.max(paidOffAtMs, clock.nowMs()) + (bytes * 1000) / bytesPerSecond;
    },
  };
}
