import { compress } from './codecs.ts';
import {
  baseOffsetOf,
  type Codec,
  codecOf,
  hasLogAppendTime,
  headerBytes,
  lastOffsetDeltaOf,
  recordCountOf,
} from './header.ts';
import { type OpenBatch, openBatch } from './open.ts';
import { copyIntoSections, type Run, type Section, sealPlain, sealSection } from './section.ts';

export type { Run } from './section.ts';

/** A batch for the target: base offset 0, no producer yet (`restamp`), CreateTime, offset deltas dense. */
export interface Encoded {
  readonly batch: Buffer;
  readonly recordCount: number;
  /** Where its records stood at the source, in order; lengths add up to `recordCount`. */
  readonly runs: readonly Run[];
}

export interface ReencodeOptions {
  /** Records below this source offset are left out. */
  readonly from: bigint;
  /** `max.message.bytes` of the target: no batch is larger, but for a single record that is. */
  readonly maxBytes: number;
  /** Codecs that the target refuses, with the one to use instead. Absent: none. */
  readonly replacedCodecs?: ReadonlyMap<Codec, Codec>;
}

/** Plain bytes that are compressed together at most; a source batch larger than that comes out as several. */
export const sectionBytesMax = 16 * 1024 * 1024;

/**
 * Why a data batch cannot pass as it is, only restamped; null where it can.
 * `trim`: it begins below `from`. `gaps`: offsets are missing in it (a broker takes dense batches only). `log-append-time`:
 * a target topic would refuse it or show the producer's times. `codec`: the target refuses it. `too-large`: above `maxBytes`.
 */
export type ReencodingReason = 'trim' | 'gaps' | 'log-append-time' | 'codec' | 'too-large';

export function reencodingReason(batch: Buffer, options: ReencodeOptions): ReencodingReason | null {
  if (baseOffsetOf(batch) < options.from) {
    return 'trim';
  }
  if (recordCountOf(batch) !== lastOffsetDeltaOf(batch) + 1) {
    return 'gaps';
  }
  if (hasLogAppendTime(batch)) {
    return 'log-append-time';
  }
  if (options.replacedCodecs?.has(codecOf(batch)) === true) {
    return 'codec';
  }
  return batch.length > options.maxBytes ? 'too-large' : null;
}

/** What a batch becomes that passes as it is: its own bytes, one run. */
export function passThrough(batch: Buffer): Encoded {
  const recordCount = recordCountOf(batch);
  return { batch, recordCount, runs: [{ source: baseOffsetOf(batch), length: recordCount }] };
}

/**
 * Data batches of one partition, in order, written anew: neighbours of one codec joined, records below `from` and empty
 * batches left out, LogAppendTime written out into each record, offset gaps closed, split at `maxBytes`. Keys, values,
 * headers, timestamps (as readers see them) and order stay, the codec too but for `replacedCodecs`. CRCs of the sources are checked first.
 * Throws CorruptBatchError; an Error where it is given a control batch.
 */
export function reencode(batches: readonly Buffer[], options: ReencodeOptions): Encoded[] {
  const encoded: Encoded[] = [];
  for (const group of groupsOf(batches, options.maxBytes)) {
    const stored = group[0]?.header.codec ?? 'none';
    const codec = options.replacedCodecs?.get(stored) ?? stored;
    const sections = copyIntoSections(group, options.from, codec === 'none' ? options.maxBytes : sectionBytesMax);
    for (const section of sections) {
      encoded.push(...encodeSection(section, codec, options.maxBytes));
    }
  }
  return encoded;
}

/** Neighbours that may become one batch. Compressed ones as far as their stored bytes fill `maxBytes`: joined they shrink. */
function* groupsOf(batches: readonly Buffer[], maxBytes: number): Generator<readonly OpenBatch[]> {
  let group: OpenBatch[] = [];
  let storedBytes = 0;
  let plainBytes = 0;
  for (const batch of batches) {
    const open = openDataBatch(batch);
    if (open.header.recordCount === 0) {
      continue;
    }
    const { codec } = open.header;
    storedBytes += batch.length;
    plainBytes += open.bytes.length;
    const full = codec !== 'none' && (storedBytes > maxBytes || plainBytes > sectionBytesMax);
    if (group[0] !== undefined && (full || group[0].header.codec !== codec)) {
      yield group;
      group = [];
      storedBytes = batch.length;
      plainBytes = open.bytes.length;
    }
    group.push(open);
  }
  if (group.length > 0) {
    yield group;
  }
}

/** Throws CorruptBatchError; an Error where it is a control batch. */
export function openDataBatch(batch: Buffer): OpenBatch {
  const open = openBatch(batch);
  if (open.header.control) {
    throw new Error(`a control batch (offset ${open.header.baseOffset}) is never encoded again`);
  }
  return open;
}

/** As one batch, or as several where it would be larger than `maxBytes`. */
export function encodeSection(section: Section, codec: Codec, maxBytes: number): Encoded[] {
  const { recordCount, runs } = section;
  if (codec === 'none') {
    return [{ batch: sealPlain(section), recordCount, runs }];
  }
  const records = compress(codec, section.bytes.subarray(headerBytes, section.position));
  if (headerBytes + records.length > maxBytes && recordCount > 1) {
    return splitSection(section).flatMap((part) => encodeSection(part, codec, maxBytes));
  }
  const batch = Buffer.concat([Buffer.allocUnsafe(headerBytes), records]);
  sealSection(batch, section, codec);
  return [{ batch, recordCount, runs }];
}

/** Into two or three of about half the plain bytes; a section of two records or more never comes out whole. */
function splitSection(section: Section): Section[] {
  const plain = openBatch(sealPlain(section));
  const halfBytes = Math.floor((section.position - headerBytes) / 2);
  let done = 0;
  return copyIntoSections([plain], 0n, headerBytes + halfBytes).map((part) => {
    const runs = sliceRuns(section.runs, done, part.recordCount);
    done += part.recordCount;
    return { ...part, runs };
  });
}

function sliceRuns(runs: readonly Run[], start: number, length: number): Run[] {
  const sliced: Run[] = [];
  let skip = start;
  let left = length;
  for (const run of runs) {
    const taken = Math.min(Math.max(run.length - skip, 0), left);
    if (taken > 0) {
      sliced.push({ source: run.source + BigInt(skip), length: taken });
    }
    skip = Math.max(skip - run.length, 0);
    left -= taken;
  }
  return sliced;
}
