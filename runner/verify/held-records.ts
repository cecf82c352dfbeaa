import type { KeyRecord, KeyRecords } from './judge-key.ts';
import { recordsHeldMax } from './limits.ts';
import type { PairSide } from './pair-digest.ts';

/** Records by their key, of the keys from one number to below another one: some 80 bytes a record, and a number of them at most. */
export interface HeldRecords {
  /** Whether the key's records are held, as far as one knows by now. */
  wants(key: HeldKey['number']): boolean;
  /** Of a key that it wants, or else without effect. */
  add(side: PairSide, key: HeldKey, record: KeyRecord): void;
  /** Keys of this number and above are not held: too many records came. */
  readonly below: number;
  keys(): Iterable<number>;
  recordsOf(key: number): KeyRecords;
  /** Older records that are not held of keys that have too many of their own, by key. */
  readonly cut: ReadonlyMap<number, number>;
  /** Numbers that two keys share, and how many records these have at least: none of them is held. */
  readonly shared: ReadonlyMap<number, number>;
}

export interface HeldKey {
  /** `keyNumber`: of ten million keys two share one in one of a hundred cases. */
  readonly number: number;
  /** Tells keys apart that share a number. */
  readonly check: number;
}

export interface HeldKeys {
  readonly from: number;
  readonly below: number;
  /** Of these only the ones that it holds; absent: all. */
  readonly only?: ReadonlySet<number>;
}

/** The last record of each side, -1 for none. */
interface Ends extends Pick<HeldKey, 'check'> {
  source: number;
  target: number;
}

/** Of one key and side: so that two of them, and what one more copy takes, always fit. */
const shareOfKey = 1 / 8;

export function createHeldRecords({ from, below: asked, only }: HeldKeys, recordsMax = recordsHeldMax): HeldRecords {
  const recordsOfKeyMax = Math.ceil(recordsMax * shareOfKey);
  let below = asked;
  let columns = createColumns();
  const ends = new Map<number, Ends>();
  const cut = new Map<number, number>();
  const shared = new Map<number, number>();

  function wants(key: number): boolean {
    return key >= from && key < below && only?.has(key) !== false && !shared.has(key);
  }

  /** Keeps the records that still are of use. */
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
    for (const keys of [ends, cut, shared]) for (const key of keys.keys()) if (key >= below) keys.delete(key);
    copyKept();
  }

  function makeRoom(): void {
    copyKept();
    while (columns.length > recordsMax / 2 && below - from > 1) dropUpperHalf();
  }

  return {
    wants,
    add(side, { number, check }, record) {
      if (!wants(number)) return;
      const found = ends.get(number) ?? { check, source: -1, target: -1 };
      ends.set(number, found);
      if (found.check !== check) {
        shared.set(number, columns.chainLength(found.source) + columns.chainLength(found.target) + 1);
        ends.delete(number);
        return;
      }
      found[side] = columns.push(record, found[side]);
      const dropped = columns.cutChain(found[side], recordsOfKeyMax);
      if (dropped > 0) cut.set(number, (cut.get(number) ?? 0) + dropped);
      if (columns.length > recordsMax) makeRoom();
    },
    get below() {
      return below;
    },
    cut,
    shared,
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
  /** How many stand in the chain that ends here. */
  chainLength(last: number): number;
  /** Leaves half of so many of a chain that has more; gives how many that dropped. */
  cutChain(last: number, lengthMax: number): number;
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
  /** Of the chain that ends with the record. */
  let lengths = new Int32Array(capacity);
  let flags = new Uint8Array(capacity);

  function grow(): void {
    capacity *= 2;
    const old = { hashes, offsets, partitions, befores, lengths, flags };
    hashes = new Float64Array(capacity);
    hashes.set(old.hashes);
    offsets = new BigInt64Array(capacity);
    offsets.set(old.offsets);
    partitions = new Int32Array(capacity);
    partitions.set(old.partitions);
    befores = new Int32Array(capacity);
    befores.set(old.befores);
    lengths = new Int32Array(capacity);
    lengths.set(old.lengths);
    flags = new Uint8Array(capacity);
    flags.set(old.flags);
  }

  const chainLength = (last: number) => (last < 0 ? 0 : (lengths[last] ?? 0));

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
      lengths[length] = chainLength(before) + 1;
      flags[length] = (tombstone ? tombstoneBit : 0) | (misplaced ? misplacedBit : 0);
      length += 1;
      return length - 1;
    },
    before: (index) => befores[index] ?? -1,
    chainLength,
    cutChain(last, lengthMax) {
      const all = chainLength(last);
      if (all <= lengthMax) return 0;
      const kept = Math.ceil(lengthMax / 2);
      let first = last;
      for (let count = 1; count < kept; count += 1) first = befores[first] ?? -1;
      befores[first] = -1;
      lengths[last] = kept;
      return all - kept;
    },
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

/** Oldest first. */
function chainOf(columns: Columns, last: number): readonly KeyRecord[] {
  const records: KeyRecord[] = [];
  for (let at = last; at >= 0; at = columns.before(at)) records.push(columns.at(at));
  return records.reverse();
}

function copyChain(from: Columns, to: Columns, last: number): number {
  return chainOf(from, last).reduce((before, record) => to.push(record, before), -1);
}
