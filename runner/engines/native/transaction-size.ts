import { transactionBytesMax, transactionBytesMin, transactionMsMin } from './limits.ts';

/**
 * How large and how long a flow's transactions are: as its settings say, and smaller where they fail. A request that is lost
 * costs all of its transaction, so on a path that loses some requests a transaction of many never gets through, however often
 * it is tried again.
 */
export interface TransactionSize {
  /** After so long the transaction is to end. */
  readonly durationMs: number;
  /** It holds no more than this, but for one batch. */
  readonly bytesMax: number;
  readonly isFull: boolean;
  /** A transaction begins; one that was open counts no more. */
  began(): void;
  /** So many bytes of it are on their way. */
  sent(bytes: number): void;
  committed(): void;
  /** The session ended. Where a transaction was open, the next one is to be half of what that one had become. */
  failed(): void;
}

/** A commit takes back less than a failure, so that of transactions at the limit most get through. */
const growth = 3 / 2;

/** `durationMsMax`: the setting, `commitIntervalMs`. */
export function createTransactionSize(durationMsMax: number, nowMs: () => number): TransactionSize {
  const durationMsMin = Math.min(transactionMsMin, durationMsMax);
  let durationMs = durationMsMax;
  let bytesMax: number = transactionBytesMax;
  let open: { readonly sinceMs: number; bytes: number } | null = null;
  return {
    get durationMs() {
      return durationMs;
    },
    get bytesMax() {
      return bytesMax;
    },
    get isFull() {
      return open !== null && open.bytes >= bytesMax;
    },
    began() {
      open = { sinceMs: nowMs(), bytes: 0 };
    },
    sent(bytes) {
      if (open !== null) open.bytes += bytes;
    },
    committed() {
      open = null;
      durationMs = Math.min(durationMsMax, durationMs * growth);
      bytesMax = Math.min(transactionBytesMax, bytesMax * growth);
    },
    failed() {
      if (open === null) return;
      durationMs = Math.max(durationMsMin, Math.min(durationMs, nowMs() - open.sinceMs) / 2);
      bytesMax = Math.max(transactionBytesMin, Math.min(bytesMax, open.bytes) / 2);
      open = null;
    },
  };
}
