import { isKeyHash } from '../migration/key-hash.ts';
import { sourceEnd, targetEnd } from '../offset-map/append.ts';
import { decodeSegments, encodeSegments } from '../offset-map/codec.ts';
import type { PieceContent } from '../offset-map/seal.ts';
import type { Segment } from '../offset-map/segment.ts';
import type { Span } from '../offset-map/span.ts';
import { type Ahead, type ByKey, type PositionRecord, positionRecordVersion } from './records.ts';

/** One source partition of one flow, as the keys of the positions topic name it. */
export interface PositionOwner {
  readonly flow: string;
  /** The source topic's id, or its name where the cluster has no ids. */
  readonly source: string;
  readonly partition: number;
}

export type PositionKey =
  | { readonly kind: 'position'; readonly owner: PositionOwner }
  /** `first`: the source offset that the sealed segments begin with. */
  | { readonly kind: 'segments'; readonly owner: PositionOwner; readonly first: bigint };

export type DecodedPosition =
  | { readonly record: PositionRecord }
  /** `newer`: written by a newer kplan; it must neither be guessed nor overwritten. */
  | { readonly problem: 'newer' | 'broken'; readonly detail: string };

const oldestVersion = positionRecordVersion - 1;

export function positionOwner(record: Pick<PositionRecord, 'flow' | 'source'>): PositionOwner {
  const { source } = record;
  return { flow: record.flow, source: source.topicId ?? source.topic, partition: source.partition };
}

/** `position/<flow>/<source topic id or name>/<partition>`, names encoded with encodeURIComponent. */
export function positionKey(owner: PositionOwner): string {
  return `position/${ownerPath(owner)}`;
}

/** `segments/<flow>/<source topic id or name>/<partition>/<first source offset>`. */
export function segmentsKey(owner: PositionOwner, first: bigint): string {
  return `segments/${ownerPath(owner)}/${first}`;
}

/** Null for a key that this version does not know: it is left as it is. */
export function parsePositionKey(key: string): PositionKey | null {
  const [kind, flow, source, partition, first, ...rest] = key.split('/').map(decodeName);
  if (!flow || !source || !partition || !/^\d{1,10}$/.test(partition)) return null;
  const owner = { flow, source, partition: Number(partition) };
  if (kind === 'position' && first === undefined) return { kind, owner };
  if (kind === 'segments' && first && /^\d{1,19}$/.test(first) && rest.length === 0) {
    return { kind, owner, first: BigInt(first) };
  }
  return null;
}

/** Null where the text is none that encodeURIComponent writes. */
export function decodeName(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** JSON, offsets as strings, segments in the offset map's own text. */
export function encodePosition(record: PositionRecord): string {
  return JSON.stringify({
    v: record.v,
    flow: record.flow,
    source: record.source,
    target: record.target,
    nextSource: String(record.nextSource),
    sourceEpoch: record.sourceEpoch,
    nextTarget: String(record.nextTarget),
    startSource: String(record.startSource),
    segments: encodeSegments(record.segments),
    ...(record.firstSealed === undefined ? {} : { firstSealed: String(record.firstSealed) }),
    ...(record.sealedUnderName === true ? { sealedUnderName: true } : {}),
    ...(record.trimmed === true ? { trimmed: true } : {}),
    ...(record.ahead === undefined ? {} : { ahead: encodeAhead(record.ahead) }),
    ...(record.byKey === undefined ? {} : { byKey: { ...record.byKey, recordsEnd: String(record.byKey.recordsEnd) } }),
  });
}

function encodeAhead({ producerId, producerEpoch, sequence, runs, nextSource, sourceEpochs }: Ahead) {
  return {
    producerId: String(producerId),
    producerEpoch,
    sequence,
    runs: encodeSegments(runs),
    nextSource: String(nextSource),
    epochs: sourceEpochs.map(({ epoch, from }) => [epoch, String(from)]),
  };
}

/** Takes what `encodePosition` writes; whatever else is a problem, told as a value. */
export function decodePosition(text: string): DecodedPosition {
  const value = parseObject(text);
  if (value === null) return { problem: 'broken', detail: 'it is no JSON object' };
  const { v, flow, source, target, sourceEpoch } = value;
  if (typeof v !== 'number') return { problem: 'broken', detail: 'it has no version' };
  if (v > positionRecordVersion) return { problem: 'newer', detail: `it has version ${v}` };
  if (v < oldestVersion) return { problem: 'broken', detail: `it has version ${v}` };
  const nextSource = offsetOf(value.nextSource);
  const nextTarget = offsetOf(value.nextTarget);
  const startSource = offsetOf(value.startSource);
  if (typeof flow !== 'string' || !isPlace(source) || !isPlace(target)) {
    return { problem: 'broken', detail: 'it does not say which partitions it speaks of' };
  }
  if (nextSource === null || nextTarget === null || startSource === null) {
    return { problem: 'broken', detail: 'an offset is missing' };
  }
  const map = decodeSegmentsText(value.segments);
  if ('problem' in map) return { problem: 'broken', detail: map.problem };
  if (sourceEpoch !== undefined && !isEpoch(sourceEpoch)) {
    return { problem: 'broken', detail: 'its source epoch is no number' };
  }
  const epoch = sourceEpoch === undefined ? {} : { sourceEpoch };
  const firstSealed = value.firstSealed === undefined ? undefined : offsetOf(value.firstSealed);
  if (firstSealed === null) return { problem: 'broken', detail: 'where its sealed part begins is no offset' };
  const sealed = {
    ...(firstSealed === undefined ? {} : { firstSealed }),
    ...(value.sealedUnderName === true ? { sealedUnderName: true } : {}),
  };
  const places = { source, target, nextSource, ...epoch, nextTarget, startSource };
  const trimmed = value.trimmed === true ? { trimmed: true } : {};
  const byKey = value.byKey === undefined ? undefined : decodeByKey(value.byKey);
  if (byKey === null) return { problem: 'broken', detail: 'it does not say how keys were placed' };
  const placed = byKey === undefined ? {} : { byKey };
  const record = { v, flow, ...places, segments: map.segments, ...sealed, ...trimmed, ...placed };
  if (value.ahead === undefined) return { record };
  const ahead = decodeAhead(value.ahead, { nextSource, nextTarget });
  return 'problem' in ahead ? { problem: 'broken', detail: ahead.problem } : { record: { ...record, ahead } };
}

function decodeByKey(value: unknown): ByKey | null {
  const { hash, partitions, recordsEnd: text } = isObject(value) ? value : {};
  const recordsEnd = offsetOf(text);
  if (!isKeyHash(hash) || !isBelow(partitions, sequenceEnd) || partitions === 0 || recordsEnd === null) return null;
  return { hash, partitions, recordsEnd };
}

/** Above every sequence (int32) and epoch (int16). */
const sequenceEnd = 2 ** 31;
const epochEnd = 2 ** 15;

function decodeAhead(
  value: unknown,
  position: Pick<PositionRecord, 'nextSource' | 'nextTarget'>,
): Ahead | { readonly problem: string } {
  const { producerId, producerEpoch, sequence, runs, nextSource, epochs } = isObject(value) ? value : {};
  const id = offsetOf(producerId);
  const endSource = offsetOf(nextSource);
  if (id === null || endSource === null || !isBelow(producerEpoch, epochEnd) || !isBelow(sequence, sequenceEnd)) {
    return { problem: 'its ahead does not say who writes, and up to where' };
  }
  const decoded = decodeSegmentsText(runs);
  if ('problem' in decoded) return decoded;
  let { nextSource: atLeast, nextTarget: next } = position;
  for (const run of decoded.segments) {
    if (run.target !== next) return { problem: `its ahead has target offset ${run.target} instead of ${next}` };
    if (run.source < atLeast) return { problem: `its ahead has source offset ${run.source} below ${atLeast}` };
    atLeast = sourceEnd(run);
    next = targetEnd(run);
  }
  if (endSource < atLeast) return { problem: `its ahead ends at source offset ${endSource} below ${atLeast}` };
  const sourceEpochs = decodeEpochs(epochs);
  if (sourceEpochs === null) return { problem: 'its ahead has source epochs that are none' };
  return { producerId: id, producerEpoch, sequence, runs: decoded.segments, nextSource: endSource, sourceEpochs };
}

function decodeEpochs(value: unknown): Ahead['sourceEpochs'] | null {
  if (!Array.isArray(value)) return null;
  const epochs = value.map((one: unknown) => {
    const [epoch, from] = Array.isArray(one) ? one : [];
    const offset = offsetOf(from);
    return isEpochOrNone(epoch) && offset !== null ? { epoch, from: offset } : null;
  });
  return epochs.includes(null) ? null : epochs.filter((one) => one !== null);
}

function isBelow(value: unknown, end: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < end;
}

/** Value of a sealed `segments/...` record: its segments or their span, and the source offset with which the map goes on. */
export function encodeSealed({ next, ...content }: SealedContent): string {
  const held = 'text' in content ? { segments: content.text } : { span: encodeSpan(content.span) };
  return JSON.stringify({ v: positionRecordVersion, ...(next === undefined ? {} : { next: String(next) }), ...held });
}

function encodeSpan({ source, sourceEnd, target, targetEnd, records, epochs }: Span): (string | number)[] {
  const offsets = [source, sourceEnd, target, targetEnd, records].map(String);
  return epochs === undefined ? offsets : [...offsets, epochs.source, epochs.target];
}

/** The first version whose pieces say what comes next. */
const nextVersion = 3;

/** A sealed piece of the map. Before version 3 pieces were no spans, and did not say what comes `next`; a span may have none. */
export type SealedContent = PieceContent & { readonly next?: bigint };

/** The text is not looked at. */
export function decodeSealed(value: string): SealedContent | { readonly problem: string } {
  const sealed = parseObject(value);
  if (sealed === null) return { problem: 'it is no JSON object' };
  if (typeof sealed.v !== 'number' || sealed.v > positionRecordVersion) return { problem: 'it has an unknown version' };
  const span = decodeSpan(sealed.span);
  if (span === null && typeof sealed.segments !== 'string') return { problem: 'its segments are missing' };
  const content = typeof sealed.segments === 'string' ? { text: sealed.segments } : span;
  const next = offsetOf(sealed.next);
  const saysNext = (sealed.v >= nextVersion && span === null) || sealed.next !== undefined;
  if (content === null || (next === null && saysNext)) return { problem: 'what comes next is no offset' };
  return next === null ? content : { ...content, next };
}

function decodeSpan(value: unknown): { readonly span: Span } | null {
  const fields: readonly unknown[] = Array.isArray(value) ? value : [];
  const [source, sourceEnd, target, targetEnd, records] = fields.map(offsetOf);
  if (!source && source !== 0n) return null;
  if ((!target && target !== 0n) || !sourceEnd || !targetEnd || (!records && records !== 0n)) return null;
  if (sourceEnd - source < records || targetEnd - target < records) return null;
  return { span: { source, sourceEnd, target, targetEnd, records, ...decodeSpanEpochs(fields[5], fields[6]) } };
}

function decodeSpanEpochs(source: unknown, target: unknown): Pick<Span, 'epochs'> {
  return isEpochOrNone(source) && isEpochOrNone(target) ? { epochs: { source, target } } : {};
}

function ownerPath(owner: PositionOwner): string {
  return `${encodeURIComponent(owner.flow)}/${encodeURIComponent(owner.source)}/${owner.partition}`;
}

function decodeSegmentsText(text: unknown): { readonly segments: Segment[] } | { readonly problem: string } {
  return typeof text === 'string' ? decodeSegments(text) : { problem: 'its segments are missing' };
}

export function offsetOf(value: unknown): bigint | null {
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : null;
}

function isEpoch(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isEpochOrNone(value: unknown): value is number {
  return isEpoch(value) || value === -1;
}

function isPlace(value: unknown): value is PositionRecord['source'] {
  return (
    typeof value === 'object' &&
    value !== null &&
    'topic' in value &&
    typeof value.topic === 'string' &&
    'partition' in value &&
    typeof value.partition === 'number' &&
    (!('topicId' in value) || typeof value.topicId === 'string')
  );
}

export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
