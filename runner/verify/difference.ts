import { type DecodedRecord, decodeRecord, type RecordHeader } from '../records/decode.ts';
import { type RecordCursor, timestampOf } from '../records/record-cursor.ts';

export const recordParts = ['key', 'value', 'headers', 'timestamp'] as const;
export type RecordPart = (typeof recordParts)[number];

/** In the order in which reports tell them. `changed`: both sides have the record, `parts` of it differ. */
export const differenceKinds = ['missing', 'extra', 'duplicated', 'reordered', 'changed', 'displaced'] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** One place where source and target do not hold the same. Contents never stand in it: they may be secret. */
export type Difference =
  | {
      readonly kind: 'changed';
      readonly sourceOffset: bigint;
      readonly targetOffset: bigint;
      readonly parts: readonly RecordPart[];
    }
  /** At the source only; `targetOffset` is where the map says it must be, null where the map does not hold it. */
  | { readonly kind: 'missing'; readonly sourceOffset: bigint; readonly targetOffset: bigint | null }
  /** At the target only; `sourceOffset` is where the map says it came from, null where the map does not hold it. */
  | { readonly kind: 'extra'; readonly sourceOffset: bigint | null; readonly targetOffset: bigint }
  /** At the target once more; `sourceOffset` is that of the record which it repeats. */
  | { readonly kind: 'duplicated'; readonly sourceOffset: bigint; readonly targetOffset: bigint }
  /** At the target before or behind records that are behind or before it at the source. */
  | { readonly kind: 'reordered'; readonly sourceOffset: bigint; readonly targetOffset: bigint }
  /** In order at the target, but at another offset than the map says: what is lost or too many before it moved it. */
  | { readonly kind: 'displaced'; readonly sourceOffset: bigint; readonly targetOffset: bigint };

/** What differs between two records: nothing where they are equal. Order and duplicates of headers count. */
export function differingParts(source: RecordCursor, target: RecordCursor): readonly RecordPart[] {
  const sameTime = timestampOf(source) === timestampOf(target);
  if (sameTime && sameBody(source, target)) return [];
  const left = decodeRecord(source);
  const right = decodeRecord(target);
  return recordParts.filter((part) => !isSame[part](left, right));
}

/** Whether the records have the same bytes behind their timestamps and offsets. */
export function sameBody(left: RecordCursor, right: RecordCursor): boolean {
  return (
    left.bodyTo - left.bodyFrom === right.bodyTo - right.bodyFrom &&
    left.bytes.compare(right.bytes, right.bodyFrom, right.bodyTo, left.bodyFrom, left.bodyTo) === 0
  );
}

const isSame = {
  key: (left, right) => sameBytes(left.key, right.key),
  value: (left, right) => sameBytes(left.value, right.value),
  headers: (left, right) => sameHeaders(left.headers, right.headers),
  timestamp: (left, right) => left.timestamp === right.timestamp,
} as const satisfies Record<RecordPart, (left: DecodedRecord, right: DecodedRecord) => boolean>;

function sameBytes(left: Buffer | null, right: Buffer | null): boolean {
  return left === null || right === null ? left === right : left.equals(right);
}

function sameHeaders(left: readonly RecordHeader[], right: readonly RecordHeader[]): boolean {
  return (
    left.length === right.length &&
    left.every((one, index) => {
      const other = right[index];
      return other !== undefined && one.key.equals(other.key) && sameBytes(one.value, other.value);
    })
  );
}
