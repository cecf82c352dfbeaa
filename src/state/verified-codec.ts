import type { PositionOwner } from './position-codec.ts';

/** Version of the `verified/...` records of the positions topic. */
export const verifiedRecordVersion = 1;

/**
 * On a flow's target, `__kplan.<name>.positions`, key `verified/<flow>/<source topic id>/<partition>`: from `fromSource` to
 * `nextSource` all was equal at the target from `fromTarget` to `nextTarget`, when `kplan verify` read it. Written by
 * `verify` alone, outside of any transaction: of two that run at once either one's record is true. Only of topics that
 * have ids on both sides, so that it is known of which log it speaks.
 */
export interface VerifiedRecord {
  readonly v: number;
  readonly flow: string;
  readonly source: VerifiedPlace;
  readonly target: VerifiedPlace;
  readonly fromSource: bigint;
  readonly fromTarget: bigint;
  /** A batch of the source begins here, and a part of the digest. */
  readonly nextSource: bigint;
  readonly nextTarget: bigint;
  /** Leader epochs of the last batches below both: each leader tells by them whether its log still holds those. */
  readonly sourceEpoch: number;
  readonly targetEpoch: number;
  /** Of both sides: the chain of the digest's parts so far. */
  readonly digest: string;
  readonly records: bigint;
  /** Taken on one side by a cleaner, among what was read. */
  readonly cleaned: bigint;
  /** RFC 3339, the clock of whoever verified. */
  readonly at: string;
}

export interface VerifiedPlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

export type DecodedVerified =
  | { readonly record: VerifiedRecord }
  /** `newer`: of a newer kplan; it is not used and not overwritten. */
  | { readonly problem: 'newer' | 'broken' };

export function verifiedKey({ flow, source, partition }: PositionOwner): string {
  return `verified/${encodeURIComponent(flow)}/${encodeURIComponent(source)}/${partition}`;
}

export function verifiedOwner({ flow, source }: Pick<VerifiedRecord, 'flow' | 'source'>): PositionOwner {
  return { flow, source: source.topicId, partition: source.partition };
}

/** Whether the key is that of a `verified/...` record of this flow. */
export function isVerifiedKeyOf(flow: string, key: string): boolean {
  return key.startsWith(`verified/${encodeURIComponent(flow)}/`);
}

const offsetFields = ['fromSource', 'fromTarget', 'nextSource', 'nextTarget', 'records', 'cleaned'] as const;

/** JSON, 64-bit numbers as strings. */
export function encodeVerified(record: VerifiedRecord): string {
  const offsets = Object.fromEntries(offsetFields.map((field) => [field, `${record[field]}`]));
  return JSON.stringify({ ...record, ...offsets });
}

/** Takes what `encodeVerified` writes. */
export function decodeVerified(text: string): DecodedVerified {
  const value = parseObject(text);
  if (value === null || typeof value.v !== 'number') return { problem: 'broken' };
  if (value.v > verifiedRecordVersion) return { problem: 'newer' };
  const { v, flow, source, target, sourceEpoch, targetEpoch, digest, at } = value;
  const [fromSource, fromTarget, nextSource, nextTarget, records, cleaned] = offsetFields.map((field) =>
    offsetOf(value[field]),
  );
  const isWhole =
    v === verifiedRecordVersion &&
    typeof flow === 'string' &&
    isPlace(source) &&
    isPlace(target) &&
    isEpoch(sourceEpoch) &&
    isEpoch(targetEpoch) &&
    typeof digest === 'string' &&
    /^[0-9a-f]{64}$/.test(digest) &&
    typeof at === 'string';
  if (!isWhole || fromSource === undefined || fromTarget === undefined) return { problem: 'broken' };
  if (nextSource === undefined || nextTarget === undefined || records === undefined || cleaned === undefined) {
    return { problem: 'broken' };
  }
  const offsets = { fromSource, fromTarget, nextSource, nextTarget, records, cleaned };
  return { record: { v, flow, source, target, sourceEpoch, targetEpoch, digest, at, ...offsets } };
}

function offsetOf(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}

function isEpoch(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isPlace(value: unknown): value is VerifiedPlace {
  if (typeof value !== 'object' || value === null) return false;
  const { topic, topicId, partition } = value as Partial<Record<keyof VerifiedPlace, unknown>>;
  return typeof topic === 'string' && typeof topicId === 'string' && Number.isInteger(partition);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
