import type { KeyRecord, KeyRecords } from './judge-key.ts';
import { recordsHeldMax } from './limits.ts';
import type { PairSide } from './pair-digest.ts';

/** Records by their key, of the keys from one number to below another one: some 60 bytes a record, and a number of them at most. */
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

/** The last record of a side, -1 for none, and how many stand before it, itself counted in. */
interface End {
  last: number;
  records: number;
}

type Ends = Readonly<Record<PairSide, End>> & Pick<HeldKey, 'check'>;

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
    for (const { source, target } of ends.values()) {
      for (const one of [source, target]) {
        one.last = chainOf(columns, one).reduce((before, record) => kept.push(record, before), -1);
      }
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
      const found = ends.get(number) ?? { check, source: noEnd(), target: noEnd() };
      ends.set(number, found);
      if (found.check !== check) {
        shared.set(number, found.source.records + found.target.records + 1);
        ends.delete(number);
        return;
      }
      const end = found[side];
      end.last = columns.push(record, end.last);
      end.records += 1;
      if (end.records > recordsOfKeyMax) {
        const kept = Math.ceil(recordsOfKeyMax / 2);
        cut.set(number, (cut.get(number) ?? 0) + end.records - kept);
        end.records = kept;
      }
      if (columns.length > recordsMax) makeRoom();
    },
    get below() {
      return below;
    },
    cut,
    shared,
    keys: () => ends.keys(),
    recordsOf(key) {
      const { source, target } = ends.get(key) ?? { source: noEnd(), target: noEnd() };
      return { source: chainOf(columns, source), target: chainOf(columns, target) };
    },
  };
}

function noEnd(): End {
  return { last: -1, records: 0 };
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

/** Oldest first. */
function chainOf(columns: Columns, { last, records: count }: End): readonly KeyRecord[] {
  const records: KeyRecord[] = [];
  for (let at = last; at >= 0 && records.length < count; at = columns.before(at)) records.push(columns.at(at));
  return records.reverse();
}
