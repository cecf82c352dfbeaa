import { decodeName, isObject, offsetOf, parseObject } from './position-codec.ts';
import { positionRecordVersion } from './records.ts';

/** A topic as one cluster knows it; the id is absent where the cluster has none. */
export interface TopicPlace {
  readonly topic: string;
  readonly topicId?: string;
}

/** By the ids where both have one: before 2.8 topics have none, and the name is all there is. */
export function isSameTopic(one: TopicPlace, other: TopicPlace): boolean {
  const isOther = one.topicId !== undefined && other.topicId !== undefined && one.topicId !== other.topicId;
  return one.topic === other.topic && !isOther;
}

/** What is kept of a topic whose records go by key, besides the position of each source partition. */
interface ByKeyTopic {
  readonly v: number;
  readonly flow: string;
  readonly source: TopicPlace;
  readonly target: TopicPlace;
}

/** `target/<flow>/<source topic id or name>/<target partition>`: where a target partition ends. */
export interface TargetRecord extends ByKeyTopic {
  readonly partition: number;
  /** The offset that the next record of ours must get, a commit marker of this transaction counted in. */
  readonly nextTarget: bigint;
  /** Behind the last record of ours; absent where an older version wrote it, or there is none. */
  readonly recordsEnd?: bigint;
}

/** What a source partition had mirrored: `recordsEnd` is behind its last record, `next` the position. */
export interface SourceProgress {
  readonly recordsEnd: bigint;
  readonly next: bigint;
}

/**
 * `checkpoint/<flow>/<source topic id or name>/<slot>`: a cut through both topics, as one transaction left them. What was
 * mirrored of the source below it stands at the target below it, and what was mirrored later stands above it.
 */
export interface Checkpoint extends ByKeyTopic {
  /** Ascending in time. */
  readonly number: bigint;
  /** By source partition; null: mirroring of it had not begun. */
  readonly sources: readonly (SourceProgress | null)[];
  /** By target partition: the offset behind all of the cut. */
  readonly targets: readonly bigint[];
}

export type ByKeyKey = {
  readonly kind: 'target' | 'checkpoint';
  readonly flow: string;
  /** Target partition, or slot. */
  readonly index: number;
};

export function targetKey({ flow, source, partition }: Pick<TargetRecord, 'flow' | 'source' | 'partition'>): string {
  return keyOf('target', flow, source, partition);
}

export function checkpointKey({ flow, source }: Pick<Checkpoint, 'flow' | 'source'>, slot: number): string {
  return keyOf('checkpoint', flow, source, slot);
}

function keyOf(kind: ByKeyKey['kind'], flow: string, { topic, topicId }: TopicPlace, index: number): string {
  return `${kind}/${encodeURIComponent(flow)}/${encodeURIComponent(topicId ?? topic)}/${index}`;
}

/** Null for every other key. */
export function parseByKeyKey(key: string): ByKeyKey | null {
  const [kind, flow, source, index, ...rest] = key.split('/').map(decodeName);
  if (kind !== 'target' && kind !== 'checkpoint') return null;
  if (!flow || !source || !index || !/^\d{1,10}$/.test(index) || rest.length > 0) return null;
  return { kind, flow, index: Number(index) };
}

export function encodeTarget(record: TargetRecord): string {
  const { nextTarget, recordsEnd, ...rest } = record;
  const end = recordsEnd === undefined ? {} : { recordsEnd: String(recordsEnd) };
  return JSON.stringify({ ...rest, nextTarget: String(nextTarget), ...end });
}

/** Offsets as strings; a source partition as two of them, or null. */
export function encodeCheckpoint({ number, sources, targets, ...topic }: Checkpoint): string {
  return JSON.stringify({
    ...topic,
    number: String(number),
    sources: sources.map((one) => (one === null ? null : [String(one.recordsEnd), String(one.next)])),
    targets: targets.map(String),
  });
}

/** What a text holds that one of the encoders wrote; whatever else is a problem, told as a value. */
export type Decoded<T> = { readonly record: T } | { readonly problem: string };

export function decodeTarget(text: string): Decoded<TargetRecord> {
  const value = parseObject(text);
  const topic = decodeTopic(value);
  if ('problem' in topic) return topic;
  const nextTarget = offsetOf(value?.nextTarget);
  const partition = value?.partition;
  const recordsEnd = value?.recordsEnd === undefined ? undefined : offsetOf(value.recordsEnd);
  if (nextTarget === null || recordsEnd === null || !isCount(partition)) return { problem: 'an offset is missing' };
  const end = recordsEnd === undefined ? {} : { recordsEnd };
  return { record: { ...topic.record, partition, nextTarget, ...end } };
}

export function decodeCheckpoint(text: string): Decoded<Checkpoint> {
  const value = parseObject(text);
  const topic = decodeTopic(value);
  if ('problem' in topic) return topic;
  const number = offsetOf(value?.number);
  const sources = listOf(value?.sources, decodeProgress);
  const targets = listOf(value?.targets, (one) => offsetOf(one) ?? undefined);
  if (number === null || sources === null || targets === null) return { problem: 'an offset is missing' };
  return { record: { ...topic.record, number, sources, targets } };
}

function decodeProgress(value: unknown): SourceProgress | null | undefined {
  if (value === null) return null;
  const [recordsEnd, next] = Array.isArray(value) ? value.map(offsetOf) : [];
  if (recordsEnd === undefined || recordsEnd === null || next === undefined || next === null) return undefined;
  return { recordsEnd, next };
}

/** Null where it is no list, or `decode` knows one of its items not. */
function listOf<T>(value: unknown, decode: (item: unknown) => T | undefined): T[] | null {
  if (!Array.isArray(value)) return null;
  const items: T[] = [];
  for (const item of value) {
    const decoded = decode(item);
    if (decoded === undefined) return null;
    items.push(decoded);
  }
  return items;
}

function decodeTopic(value: Readonly<Record<string, unknown>> | null): Decoded<ByKeyTopic> {
  if (value === null) return { problem: 'it is no JSON object' };
  const { v, flow, source, target } = value;
  if (typeof v !== 'number' || v > positionRecordVersion) return { problem: 'it has an unknown version' };
  if (typeof flow !== 'string' || !isTopic(source) || !isTopic(target)) {
    return { problem: 'it does not say which topics it speaks of' };
  }
  return { record: { v, flow, source, target } };
}

function isTopic(value: unknown): value is TopicPlace {
  if (!isObject(value)) return false;
  return typeof value.topic === 'string' && (value.topicId === undefined || typeof value.topicId === 'string');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
