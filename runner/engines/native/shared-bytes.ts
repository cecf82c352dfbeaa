import type { Budget } from './budget.ts';

/**
 * Memory that one or more batches stand in: what one answer brought for one partition, or a batch that was encoded again.
 * It is let go when the last of its batches is written, or not needed; what a failed session still holds is left to the
 * garbage collector, for a socket may yet read it.
 */
export interface SharedBytes {
  holders: number;
  readonly letGo: () => void;
}

export function shareBytes(letGo: () => void): SharedBytes {
  return { holders: 1, letGo };
}

/** Of a batch that was encoded again: they count until it is written. */
export function ownBytes(byteCount: number, budget: Budget, letGo: () => void = () => {}): SharedBytes {
  budget.takeEncoded(byteCount);
  return shareBytes(() => {
    budget.releaseEncoded(byteCount);
    letGo();
  });
}

export function drop(bytes: SharedBytes): void {
  bytes.holders -= 1;
  if (bytes.holders === 0) bytes.letGo();
}
