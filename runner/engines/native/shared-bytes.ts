import type { Budget } from './budget.ts';
import type { MirroredPartition } from './partition.ts';

/**
 * Memory that one or more batches stand in: what one answer brought for one partition, or a batch that was encoded again.
 * It is let go when the last of its batches is written, or not needed; what a failed session still holds is left to the
 * garbage collector, for a socket may yet read it.
 */
export interface SharedBytes {
  holders: number;
  readonly letGo: () => void;
}

/** Of what an answer brought for a partition; that it came is counted already. */
export function fetchedBytes(
  byteCount: number,
  partition: MirroredPartition,
  budget: Budget,
  letGo: () => void,
): SharedBytes {
  return heldBytes(byteCount, partition, () => {
    letGo();
    budget.release(byteCount);
  });
}

/** Of a batch that was encoded again: they count until it is written. */
export function encodedBytes(
  byteCount: number,
  partition: MirroredPartition,
  budget: Budget,
  letGo: () => void = () => {},
): SharedBytes {
  budget.takeEncoded(byteCount);
  return heldBytes(byteCount, partition, () => {
    letGo();
    budget.releaseEncoded(byteCount);
  });
}

function heldBytes(byteCount: number, partition: MirroredPartition, letGo: () => void): SharedBytes {
  partition.heldBytes += byteCount;
  return {
    holders: 1,
    letGo() {
      partition.heldBytes -= byteCount;
      letGo();
    },
  };
}

export function drop(bytes: SharedBytes): void {
  bytes.holders -= 1;
  if (bytes.holders === 0) bytes.letGo();
}
