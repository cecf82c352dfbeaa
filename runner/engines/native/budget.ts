import { encodedShareMax } from './limits.ts';

/**
 * Memory of one session for records: what fetches may bring, what has come, and what is made of it, until it is written. The
 * sum stays below the limit but where one answer, or one batch that is encoded again, is larger than what is kept for it:
 * that one goes through all the same, with nothing else of its kind beside it.
 */
export interface Budget {
  /**
   * Room for the answer to a fetch of so many bytes: as many, or as many as the largest answer had until now, for a batch that
   * is larger comes whole (KIP-74). Gives the bytes that are taken; 0 where there is no room. There is where nothing is taken.
   */
  tryReserve(bytes: number): number;
  /** What has come takes the place of what was reserved for it. */
  settle(reserved: number, came: number): void;
  release(bytes: number): void;
  /** So many bytes may be encoded again: there is room for them, or nothing is encoded now. Fetches leave room for some. */
  mayEncode(bytes: number): boolean;
  takeEncoded(bytes: number): void;
  releaseEncoded(bytes: number): void;
  /** The most that was taken at one time. */
  readonly takenMax: number;
}

export function createBudget(bytesMax: number, onRelease: () => void): Budget {
  const encodedMin = bytesMax * encodedShareMax;
  let fetched = 0;
  let encoded = 0;
  let takenMax = 0;
  let answerMax = 0;
  function count(): void {
    if (fetched + encoded > takenMax) takenMax = fetched + encoded;
  }
  return {
    tryReserve(bytes) {
      const reserved = Math.max(bytes, answerMax);
      const isFree = fetched === 0 && encoded === 0;
      if (!isFree && fetched + Math.max(encoded, encodedMin) + reserved > bytesMax) return 0;
      fetched += reserved;
      count();
      return reserved;
    },
    settle(reserved, came) {
      fetched += came - reserved;
      if (came > reserved) answerMax = came;
      count();
      if (came < reserved) onRelease();
    },
    release(bytes) {
      if (bytes === 0) return;
      fetched -= bytes;
      onRelease();
    },
    mayEncode: (bytes) => encoded === 0 || fetched + encoded + bytes <= bytesMax,
    takeEncoded(bytes) {
      encoded += bytes;
      count();
    },
    releaseEncoded(bytes) {
      encoded -= bytes;
      onRelease();
    },
    get takenMax() {
      return takenMax;
    },
  };
}
