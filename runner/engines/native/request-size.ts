import * as limits from './limits.ts';

/**
 * How large Produce requests to one broker are: as large as it answers soon. All that is in flight must be answered before
 * its transaction may end, and the coordinator aborts a transaction that takes too long: on a slow network, or against a
 * broker that throttles, requests of full size would be sent over and over and never stand.
 */
export interface RequestSize {
  readonly bytesMax: number;
  readonly inFlightMax: number;
  /** The answer came after so long. */
  answered(bytes: number, durationMs: number): void;
  /** The session ended, perhaps for it took too long. */
  failed(): void;
}

export function createRequestSize(): RequestSize {
  let bytesMax: number = limits.produceRequestBytesFirst;

  function halve(): void {
    bytesMax = Math.max(limits.produceRequestBytesMin, bytesMax / 2);
  }

  return {
    get bytesMax() {
      return bytesMax;
    },
    get inFlightMax() {
      return bytesMax === limits.produceRequestBytesMin ? 1 : limits.produceRequestsInFlightMax;
    },
    answered(bytes, durationMs) {
      if (durationMs > limits.slowAnswerMs) halve();
      else if (durationMs < limits.quickAnswerMs && bytes >= bytesMax / 2)
        bytesMax = Math.min(limits.produceRequestBytesMax, bytesMax * 2);
    },
    failed: halve,
  };
}
