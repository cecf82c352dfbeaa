/** Memory for batches on their way: what fetches may bring, and what waits or is in flight. */
export interface Budget {
  /** Takes the bytes if they fit, or if nothing else is taken: one fetch is always possible. */
  tryTake(bytes: number): boolean;
  /** Takes what has come already, whether it fits or not. */
  take(bytes: number): void;
  release(bytes: number): void;
  /** The most that was taken at one time. */
  readonly takenMax: number;
}

export function createBudget(bytesMax: number, onRelease: () => void): Budget {
  let taken = 0;
  let takenMax = 0;
  function take(bytes: number): void {
    taken += bytes;
    if (taken > takenMax) takenMax = taken;
  }
  return {
    tryTake(bytes) {
      if (taken > 0 && taken + bytes > bytesMax) return false;
      take(bytes);
      return true;
    },
    take,
    release(bytes) {
      if (bytes === 0) return;
      taken -= bytes;
      onRelease();
    },
    get takenMax() {
      return takenMax;
    },
  };
}
