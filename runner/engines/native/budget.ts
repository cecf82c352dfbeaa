/** Memory for batches on their way: what fetches may bring, and what waits or is in flight. */
export interface Budget {
  /** Takes the bytes if they fit, or if nothing else is taken: one fetch is always possible. */
  tryTake(bytes: number): boolean;
  /** Takes what has come already, whether it fits or not. */
  take(bytes: number): void;
  release(bytes: number): void;
}

export function createBudget(bytesMax: number, onRelease: () => void): Budget {
  let taken = 0;
  return {
    tryTake(bytes) {
      if (taken > 0 && taken + bytes > bytesMax) return false;
      taken += bytes;
      return true;
    },
    take(bytes) {
      taken += bytes;
    },
    release(bytes) {
      if (bytes === 0) return;
      taken -= bytes;
      onRelease();
    },
  };
}
