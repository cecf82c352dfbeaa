import { CorruptBatchError } from './corrupt-batch.ts';
import { type Codec, headerBytes } from './header.ts';
import type { OpenBatch } from './open.ts';
import { nextRecord, offsetOf, openCursor, type RecordCursor, recordKeyAt } from './record-cursor.ts';
import { type Encoded, encodeSection, openDataBatch, sectionBytesMax } from './reencode.ts';
import { appendRecord, enterBatch, growthBytesMax, openSection, type Section } from './section.ts';

export interface ScatterOptions {
  /** Records below this source offset are left out. */
  readonly from: bigint;
  /** `max.message.bytes` of the targets: no batch is larger, but for a single record that is. */
  readonly maxBytes: number;
  /** Codecs that the targets refuse, with the one to use instead. Absent: none. */
  readonly replacedCodecs?: ReadonlyMap<Codec, Codec>;
  /** The target of a record, from its key; a view that the next call may not rely on. */
  readonly targetOf: (key: Buffer | null) => number;
}

/** Records of one source partition on their way to several targets, in order for each. */
export interface Scatter {
  /**
   * Takes the records of data batches, all or none. False where they do not go with those before: of another codec, beyond
   * `sectionBytesMax`, or damaged. Throws CorruptBatchError where they are the first, or an Error for a control batch.
   */
  add(batches: readonly Buffer[]): boolean;
  /**
   * Batches for each target that has records, without runs: keys, values, headers, timestamps (as readers see them) and codec
   * (but for `replacedCodecs`) stay, and they are as few as `maxBytes` allows.
   */
  encode(): ReadonlyMap<number, readonly Encoded[]>;
  /** The offset behind the last record; null where there is none. */
  readonly recordsEnd: bigint | null;
}

interface Placed {
  readonly batch: OpenBatch;
  /** Of each record in order; -1: left out. */
  readonly targets: readonly number[];
}

export function openScatter(options: ScatterOptions): Scatter {
  const taken: Placed[] = [];
  /** Plain bytes that its records take at most, by target. */
  const bytesOf = new Map<number, number>();
  let codec: Codec | null = null;
  let plainBytes = 0;
  let recordsEnd: bigint | null = null;

  function open(batches: readonly Buffer[]): Placed[] | null {
    try {
      return batches.map(openDataBatch).map((batch) => ({ batch, targets: placeRecords(batch, options) }));
    } catch (error) {
      if (taken.length > 0 && error instanceof CorruptBatchError) return null;
      throw error;
    }
  }

  return {
    add(batches) {
      const placed = open(batches);
      if (placed === null) return false;
      const bytes = placed.reduce((sum, { batch }) => sum + batch.bytes.length, 0);
      const first = placed[0]?.batch.header.codec ?? 'none';
      if (codec !== null && (codec !== first || plainBytes + bytes > sectionBytesMax)) return false;
      codec = first;
      plainBytes += bytes;
      for (const one of placed) {
        taken.push(one);
        recordsEnd = countBytes(one, bytesOf) ?? recordsEnd;
      }
      return true;
    },
    encode() {
      const encoded = new Map<number, Encoded[]>();
      const stored = codec ?? 'none';
      const written = options.replacedCodecs?.get(stored) ?? stored;
      for (const [target, sections] of copyToTargets(taken, bytesOf, written, options.maxBytes)) {
        encoded.set(
          target,
          sections.flatMap((one) => encodeSection(one, written, options.maxBytes)),
        );
      }
      return encoded;
    },
    get recordsEnd() {
      return recordsEnd;
    },
  };
}

/** Looks at every record, so that one that is damaged is found before any is copied. */
function placeRecords(batch: OpenBatch, { from, targetOf }: ScatterOptions): number[] {
  const targets: number[] = [];
  const cursor = openCursor(batch);
  while (nextRecord(cursor)) targets.push(offsetOf(cursor) < from ? -1 : targetOf(recordKeyAt(cursor)));
  return targets;
}

/** The offset behind the last record that is not left out; null where all are. */
function countBytes({ batch, targets }: Placed, bytesOf: Map<number, number>): bigint | null {
  const cursor = openCursor(batch);
  let end: bigint | null = null;
  for (const target of targets) {
    nextRecord(cursor);
    if (target < 0) continue;
    bytesOf.set(target, (bytesOf.get(target) ?? 0) + cursor.bodyTo - cursor.bodyFrom + growthBytesMax);
    end = offsetOf(cursor) + 1n;
  }
  return end;
}

interface Filling {
  readonly sections: Section[];
  entered: OpenBatch | null;
  /** Of its records that are not copied yet. */
  bytesLeft: number;
}

function copyToTargets(
  taken: readonly Placed[],
  bytesOf: ReadonlyMap<number, number>,
  codec: Codec,
  maxBytes: number,
): Map<number, readonly Section[]> {
  const bytesMax = codec === 'none' ? maxBytes : sectionBytesMax;
  const fillings = new Map<number, Filling>();
  for (const { batch, targets } of taken) {
    const cursor = openCursor(batch);
    for (const target of targets) {
      nextRecord(cursor);
      if (target < 0) continue;
      const filling = fillings.get(target) ?? { sections: [], entered: null, bytesLeft: bytesOf.get(target) ?? 0 };
      fillings.set(target, filling);
      append(filling, cursor, bytesMax);
    }
  }
  return new Map([...fillings].map(([target, { sections }]) => [target, sections]));
}

function append(filling: Filling, cursor: RecordCursor, bytesMax: number): void {
  const { batch } = cursor;
  const last = filling.sections.at(-1);
  if (last !== undefined && filling.entered !== batch) enterBatch(last, batch);
  if (last === undefined || !appendRecord(last, cursor)) {
    const section = openSection(batch, Math.min(bytesMax, headerBytes + filling.bytesLeft), false);
    filling.sections.push(section);
    appendRecord(section, cursor);
  }
  filling.entered = batch;
  filling.bytesLeft -= cursor.bodyTo - cursor.bodyFrom + growthBytesMax;
}
