import { buildBatch, encodeBody, type NewRecord } from '../../runner/records/build.ts';
import { computeCrc } from '../../runner/records/crc.ts';
import { attributeBits, type Codec, codecs, fieldAt } from '../../runner/records/header.ts';
import type { Stamp } from '../../runner/records/restamp.ts';
import { createRandom, type Random } from './random.ts';

/** The records of a batch, but for when they were written. */
export interface BatchShape {
  readonly offsetDeltas: readonly number[];
  readonly timestampDeltas: readonly number[];
  /** Key, value and headers as they stand in the batch. */
  readonly bodies: readonly Buffer[];
}

/** A batch made once and written often: the timestamp of its header tells one copy from another. */
export interface BatchTemplate extends BatchShape {
  /** Base offset 0, base timestamp 0, no producer. */
  readonly bytes: Buffer;
}

/** Kinds of batches, by what a mirror must do with them. */
export const templateKinds = ['single', 'small', 'medium', 'large', 'wide', 'gaps', 'emptied'] as const;
export type TemplateKind = (typeof templateKinds)[number];

interface Making {
  readonly recordsMin: number;
  readonly recordsMax: number;
  /** Chance of a value that is much larger than the others. */
  readonly wide: number;
  /** Chance of a missing offset, as compaction leaves them. */
  readonly gap: number;
  readonly templates: number;
}

const makings: Readonly<Record<TemplateKind, Making>> = {
  single: { recordsMin: 1, recordsMax: 1, wide: 0.02, gap: 0, templates: 60 },
  small: { recordsMin: 2, recordsMax: 10, wide: 0, gap: 0, templates: 60 },
  medium: { recordsMin: 11, recordsMax: 100, wide: 0.005, gap: 0, templates: 40 },
  large: { recordsMin: 101, recordsMax: 500, wide: 0, gap: 0, templates: 20 },
  wide: { recordsMin: 1, recordsMax: 20, wide: 0.5, gap: 0, templates: 20 },
  gaps: { recordsMin: 1, recordsMax: 60, wide: 0, gap: 0.3, templates: 40 },
  emptied: { recordsMin: 0, recordsMax: 0, wide: 0, gap: 0, templates: 5 },
};

/** Always the same templates, so that a seed replays. */
const templateSeed = 20_260_101;

const made = new Map<TemplateKind, readonly BatchTemplate[]>();

export function pickTemplate(random: Random, kind: TemplateKind): BatchTemplate {
  const templates = made.get(kind) ?? makeTemplates(kind);
  made.set(kind, templates);
  return random.pick(templates);
}

function makeTemplates(kind: TemplateKind): readonly BatchTemplate[] {
  const random = createRandom(templateSeed + templateKinds.indexOf(kind));
  return Array.from({ length: makings[kind].templates }, (_, index) => makeTemplate(random, kind, index));
}

function makeTemplate(random: Random, kind: TemplateKind, index: number): BatchTemplate {
  const { recordsMin, recordsMax, wide, gap } = makings[kind];
  const codec: Codec = recordsMax === 0 || random.chance(0.5) ? 'none' : random.pick(codecs);
  const count = random.between(recordsMin, recordsMax);
  const records: (NewRecord & { readonly offset: bigint })[] = [];
  let offset = random.chance(gap) ? 2 : 0;
  for (let i = 0; i < count; i += 1) {
    records.push({ ...anyRecord(random, `${kind} ${index} ${i} `, wide), offset: BigInt(offset) });
    offset += random.chance(gap) ? random.between(2, 6) : 1;
  }
  const trailing = gap > 0 || count === 0 ? random.between(0, 3) : 0;
  const lastOffsetDelta = Number(records.at(-1)?.offset ?? 0n) + trailing;
  // The header's base timestamp is that of the first record: it is 0, so that the others count from it.
  const bytes = buildBatch({ records, codec, baseOffset: 0n, lastOffsetDelta });
  return {
    bytes,
    offsetDeltas: records.map((one) => Number(one.offset)),
    timestampDeltas: records.map((one) => Number(one.timestamp - (records[0]?.timestamp ?? 0n))),
    bodies: records.map(encodeBody),
  };
}

/** No two records are equal: its name stands in the value, or in the key of one without a value. */
function anyRecord(random: Random, name: string, wide: number): NewRecord {
  const bytes = random.chance(wide) ? random.between(500, 3_000) : random.between(0, 40);
  const header = { key: Buffer.from(`h${random.between(0, 2)}`), value: random.chance(0.2) ? null : Buffer.from('v') };
  const tombstone = random.chance(0.1);
  return {
    key: tombstone ? Buffer.from(name) : random.chance(0.2) ? null : Buffer.from(`key ${random.between(0, 50)}`),
    value: tombstone ? null : Buffer.concat([Buffer.from(name), Buffer.alloc(bytes, 'x')]),
    headers: Array.from({ length: random.chance(0.3) ? random.between(1, 2) : 0 }, () => header),
    timestamp: BigInt(random.between(0, 900)),
  };
}

/** When and by whom a copy of a template was written. Times in milliseconds since 1970. */
export interface Writing {
  readonly baseTimestampMs: number;
  readonly logAppendTimeMs: number | null;
  readonly stamp: Stamp | null;
}

/** A batch of its own, as a broker stores it but for its base offset. */
export function writeTemplate(template: BatchTemplate, { baseTimestampMs, logAppendTimeMs, stamp }: Writing): Buffer {
  const batch = Buffer.from(template.bytes);
  const latest = Math.max(0, ...template.timestampDeltas);
  let attributes = batch.readInt16BE(fieldAt.attributes);
  if (logAppendTimeMs !== null) attributes |= attributeBits.logAppendTime;
  if (stamp !== null) {
    if (stamp.transactional) attributes |= attributeBits.transactional;
    batch.writeBigInt64BE(stamp.producerId, fieldAt.producerId);
    batch.writeInt16BE(stamp.producerEpoch, fieldAt.producerEpoch);
    batch.writeInt32BE(stamp.baseSequence, fieldAt.baseSequence);
  }
  batch.writeInt16BE(attributes, fieldAt.attributes);
  batch.writeBigInt64BE(BigInt(baseTimestampMs), fieldAt.baseTimestamp);
  batch.writeBigInt64BE(BigInt(logAppendTimeMs ?? baseTimestampMs + latest), fieldAt.maxTimestamp);
  batch.writeUInt32BE(computeCrc(batch), fieldAt.crc);
  return batch;
}
