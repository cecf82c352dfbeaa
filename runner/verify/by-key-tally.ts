import { hash } from 'node:crypto';
import { type RecordCursor, recordKeyAt } from '../records/record-cursor.ts';
import { orderKeysMax } from './limits.ts';
import { createRecordHash } from './record-hash.ts';

/** What stands in one target partition, whatever its order. */
export interface Content {
  records: number;
  /** Of the records' hashes, modulo 2^128. */
  sum: bigint;
}

/** The order of one key's records. */
interface KeyOrder {
  /** The source partition that all of them are of; -1: of several, between which there is no order. */
  from: number;
  /** Tells sequences of records apart. */
  chain: bigint;
}

/** Records of a topic that goes by key, of one side: memory is bounded by `orderKeysMax` keys. */
export interface ByKeyTally {
  readonly contents: readonly Content[];
  /** By the first 48 bits of the key's hash. */
  readonly keys: ReadonlyMap<number, KeyOrder>;
  /** Keys whose hash is below it are followed. */
  readonly followedBelow: number;
  /** `target`: where the record stands or must stand; `from`: its source partition, 0 where nobody knows. */
  add(cursor: RecordCursor, target: number, from: number): void;
}

const keyHashBits = 48;
export const allKeys = 2 ** keyHashBits;
/** Odd, so that a product keeps all that was multiplied (a prime near 2^64 divided by the golden ratio). */
const chainMultiplier = 0x9e3779b97f4a7c55n;
const none: KeyOrder = { from: 0, chain: 0n };

/** `followedBelow`: as the other side's, so that both follow the same keys; what it dropped is not followed. */
export function createByKeyTally(targets: number, followedBelow = allKeys, keysMax = orderKeysMax): ByKeyTally {
  const contents = Array.from({ length: targets }, (): Content => ({ records: 0, sum: 0n }));
  const keys = new Map<number, KeyOrder>();
  let below = followedBelow;
  const hashOf = createRecordHash();

  function follow(key: Buffer, record: bigint, from: number): void {
    const name = hash('sha256', key, 'buffer').readUIntBE(0, keyHashBits / 8);
    if (name >= below) return;
    const known = keys.get(name);
    const order = known ?? { ...none, from };
    if (order.from !== from) order.from = -1;
    order.chain = BigInt.asUintN(64, order.chain * chainMultiplier + record);
    if (known !== undefined) return;
    keys.set(name, order);
    if (keys.size > keysMax) dropHalf();
  }

  function dropHalf(): void {
    below /= 2;
    for (const name of keys.keys()) if (name >= below) keys.delete(name);
  }

  return {
    contents,
    keys,
    get followedBelow() {
      return below;
    },
    add(cursor, target, from) {
      const content = contents[target];
      if (content === undefined) return;
      const digest = hashOf(cursor);
      const record = digest.readBigUInt64BE(0);
      content.records += 1;
      content.sum = BigInt.asUintN(128, content.sum + (record << 64n) + digest.readBigUInt64BE(8));
      const key = recordKeyAt(cursor);
      if (key !== null) follow(key, record, from);
    },
  };
}

/** Keys of one source partition whose records stand in another order; both sides follow the same keys. */
export function keysOutOfOrder(source: ByKeyTally, target: ByKeyTally): number {
  let count = 0;
  for (const [name, { from, chain }] of source.keys) {
    if (name >= target.followedBelow || from < 0) continue;
    if (target.keys.get(name)?.chain !== chain) count += 1;
  }
  return count;
}

/** One text for all contents: equal where they are. */
export function digestOf({ contents }: ByKeyTally): string {
  return hash('sha256', contents.map(({ records, sum }) => `${records} ${sum}`).join('\n'), 'hex');
}
