import type { KeyRecord, KeyRecords } from './judge-key.ts';
import { recordsHeldMax } from './limits.ts';
import type { PairSide } from './pair-digest.ts';

/** Records by their key, of the keys from one number to below another one: some 60 bytes a record, and a number of them at most. */
export interface HeldRecords {
  /** Whether there is room for the key's records, as far as one knows by now. */
  wants(key: number): boolean;
  /** Of a key that it wants, or else without effect. */
  add(side: PairSide, key: number, record: KeyRecord): void;
  /** Keys of this number and above are not held: too many records came. */
  readonly below: number;
  keys(): Iterable<number>;
  recordsOf(key: number): KeyRecords;
  /** Keys that have more records than can be held of one, and how many at least: they are not held. */
  readonly crowded: ReadonlyMap<number, number>;
}

export interface HeldKeys {
  readonly from: number;
  readonly below: number;
  /** Of these only the ones that it holds; absent: all. */
  readonly only?: ReadonlySet<number>;
}

/** The last record of each side, -1 for none, and how many there are of both. */
interface Ends {
  source: number;
  target: number;
  records: number;
}

export function createHeldRecords({ from, below: asked, only }: HeldKeys, recordsMax = recordsHeldMax): HeldRecords {
  let below = asked;
  let columns = createColumns();
  const ends = new Map<number, Ends>();
  const crowded = new Map<number, number>();

  function wants(key: number): boolean {
    return key >= from && key < below && only?.has(key) !== false && !crowded.has(key);
  }

  /** Keeps the records of the keys that are left. */
  function copyKept(): void {
    const kept = createColumns();
    for (const one of ends.values()) {
      one.source = copyChain(columns, kept, one.source);
      one.target = copyChain(columns, kept, one.target);
    }
    columns = kept;
  }

  /** Hashes are spread evenly. */
  function dropUpperHalf(): void {
    below = from + Math.ceil((below - from) / 2);
    for (const keys of [ends, crowded]) for (const key of keys.keys()) if (key >= below) keys.delete(key);
    copyKept();
  }

  function dropCrowded(key: number, records: number): void {
    crowded.set(key, records);
    ends.delete(key);
    copyKept();
  }

  return {
    wants,
    add(side, key, record) {
      if (!wants(key)) return;
      const found = ends.get(key) ?? { source: -1, target: -1, records: 0 };
      ends.set(key, found);
      found[side] = columns.push(record, found[side]);
      found.records += 1;
      if (found.records > recordsMax / 2) dropCrowded(key, found.records);
      while (columns.length > recordsMax && below - from > 1) dropUpperHalf();
    },
    get below() {
      return below;
    },
    crowded,
    keys: () => ends.keys(),
    recordsOf(key) {
      const { source, target } = ends.get(key) ?? { source: -1, target: -1 };
      return { source: chainOf(columns, source), target: chainOf(columns, target) };
    },
  };
}

const firstCapacity = 1_024;
const tombstoneBit = 1;
const misplacedBit = 2;

/** Records side by side; `before` is the one of the same key and side that stands before. */
interface Columns {
  readonly length: number;
  push(record: KeyRecord, before: number): number;
  before(index: number): number;
  at(index: number): KeyRecord;
}

function createColumns(): Columns {
  let capacity = firstCapacity;
  let length = 0;
  let hashes = new Float64Array(capacity);
  let offsets = new BigInt64Array(capacity);
  let partitions = new Int32Array(capacity);
  let befores = new Int32Array(capacity);
  let flags = new Uint8Array(capacity);

  function grow(): void {
    capacity *= 2;
    const [oldHashes, oldOffsets, oldPartitions, oldBefores, oldFlags] = [hashes, offsets, partitions, befores, flags];
    hashes = new Float64Array(capacity);
    hashes.set(oldHashes);
    offsets = new BigInt64Array(capacity);
    offsets.set(oldOffsets);
    partitions = new Int32Array(capacity);
    partitions.set(oldPartitions);
    befores = new Int32Array(capacity);
    befores.set(oldBefores);
    flags = new Uint8Array(capacity);
    flags.set(oldFlags);
  }

  return {
    get length() {
      return length;
    },
    push({ hash, offset, partition, tombstone, misplaced }, before) {
      if (length === capacity) grow();
      hashes[length] = hash;
      offsets[length] = offset;
      partitions[length] = partition;
      befores[length] = before;
      flags[length] = (tombstone ? tombstoneBit : 0) | (misplaced ? misplacedBit : 0);
      length += 1;
      return length - 1;
    },
    before: (index) => befores[index] ?? -1,
    at(index) {
      const flag = flags[index] ?? 0;
      return {
        hash: hashes[index] ?? 0,
        offset: offsets[index] ?? 0n,
        partition: partitions[index] ?? 0,
        tombstone: (flag & tombstoneBit) !== 0,
        misplaced: (flag & misplacedBit) !== 0,
      };
    },
  };
}

function chainOf(columns: Columns, end: number): readonly KeyRecord[] {
  const records: KeyRecord[] = [];
  for (let at = end; at >= 0; at = columns.before(at)) records.push(columns.at(at));
  return records.reverse();
}

function copyChain(from: Columns, to: Columns, end: number): number {
  return chainOf(from, end).reduce((before, record) => to.push(record, before), -1);
}
