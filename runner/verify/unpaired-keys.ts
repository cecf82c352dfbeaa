import { hash } from 'node:crypto';
import { decodeRecord } from '../records/decode.ts';
import type { RecordCursor } from '../records/record-cursor.ts';

/**
 * Records of a compacted topic that stand on one side only, until a later record of their key is met: then the cleaner
 * took them, as it may. What is left at the end has no such excuse. Keys are kept as 52 bits of a SHA-256: two keys that
 * share them (one in 4.5 * 10^15) could hide a difference, never make one.
 */
export interface UnpairedKeys {
  /** A record of both sides: it excuses earlier ones of its key. */
  seenPaired(cursor: RecordCursor): void;
  /** A record of one side: it excuses earlier ones of its key and waits for a later one itself. */
  addUnpaired(cursor: RecordCursor, side: 'source' | 'target', sourceOffset: bigint, targetOffset: bigint): void;
  /** Those that still wait, by the number of their key. */
  readonly waiting: ReadonlyMap<number, UnpairedRecord>;
  /** Records whose excuse could not be looked for, because `waitingKeysMax` keys were waiting. */
  readonly unproven: number;
}

export interface UnpairedRecord {
  readonly side: 'source' | 'target';
  readonly sourceOffset: bigint;
  readonly targetOffset: bigint;
  readonly tombstone: boolean;
}

/** About 100 bytes each, so 50 MB a partition at most. */
export const waitingKeysMax = 500_000;

export function createUnpairedKeys(waitingMax: number = waitingKeysMax): UnpairedKeys {
  const waiting = new Map<number, UnpairedRecord>();
  let unproven = 0;
  return {
    seenPaired(cursor) {
      if (waiting.size === 0) return;
      const { key } = decodeRecord(cursor);
      if (key !== null) waiting.delete(keyNumber(key));
    },
    addUnpaired(cursor, side, sourceOffset, targetOffset) {
      const { key, value } = decodeRecord(cursor);
      if (key === null) return;
      const number = keyNumber(key);
      waiting.delete(number);
      if (waiting.size < waitingMax)
        waiting.set(number, { side, sourceOffset, targetOffset, tombstone: value === null });
      else unproven += 1;
    },
    waiting,
    get unproven() {
      return unproven;
    },
  };
}

/** Below it is every number of a key. */
export const keyNumbers = 2 ** 52;

export function keyNumber(key: Buffer): number {
  return numberOf(hash('sha256', key, 'buffer'));
}

/** The first 52 bits of a hash: what a JavaScript number holds exactly, and a Map keeps small. */
export function numberOf(digest: Buffer): number {
  return digest.readUIntBE(0, 6) * 16 + ((digest[6] ?? 0) >> 4);
}
