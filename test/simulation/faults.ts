/** Probabilities a call, and how long things take. */
export interface FaultRates {
  /** The request is lost, and with it the connection. */
  readonly lostRequest: number;
  /** It takes effect, but its answer is lost. */
  readonly lostAnswer: number;
  /** The caller gives up, and it takes effect later. */
  readonly lateEffect: number;
  /** Of produces: it takes effect twice, the second time later; what else is repeated is repeated by the client. */
  readonly twice: number;
  /** The answer is throttled for up to `slowMsMax`. */
  readonly slow: number;
  readonly slowMsMax: number;
  readonly latencyMsMax: number;
}

export const noFaults: FaultRates = {
  lostRequest: 0,
  lostAnswer: 0,
  lateEffect: 0,
  twice: 0,
  slow: 0,
  slowMsMax: 0,
  latencyMsMax: 3,
};
