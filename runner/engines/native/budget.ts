import { encodedShareMax } from './limits.ts';

/** Memory for batches on their way: what fetches may bring, and what waits or is in flight. */
export interface Budget {
  /** Takes the bytes for a fetch if they fit, or if nothing else is taken: one fetch is always possible. */
  tryTake(bytes: number): boolean;
  /** Takes what has come already, whether it fits or not. */
  take(bytes: number): void;
  release(bytes: number): void;
  /** Room is kept for batches that are encoded again: more of them may be made. */
  readonly mayEncode: boolean;
  takeEncoded(bytes: number): void;
  releaseEncoded(bytes: number): void;
  /** The most that was taken at one time. */
  readonly takenMax: number;
}

export function createBudget(bytesMax: number, onRelease: () => void): Budget {
  const encodedMax = bytesMax * encodedShareMax;
  let taken = 0;
  let encoded = 0;
  let takenMax = 0;
  function count(): void {
    if (taken + encoded > takenMax) takenMax = taken + encoded;
  }
  function take(bytes: number): void {
    taken += bytes;
    count();
  }
  return {
    tryTake(bytes) {
      if (taken > 0 && taken + Math.max(encoded, encodedMax) + bytes > bytesMax) return false;
      take(bytes);
      return true;
    },
    take,
    release(bytes) {
      if (bytes === 0) return;
      taken -= bytes;
      onRelease();
    },
    get mayEncode() {
      return encoded < encodedMax;
    },
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
