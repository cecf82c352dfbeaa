import { hash } from 'node:crypto';
import { decodeRecord } from '../records/decode.ts';
import type { RecordCursor } from '../records/record-cursor.ts';
import { type RecordPart, recordParts } from './difference.ts';

/** A record by digests of its parts: what is left of it when its bytes are gone. */
export interface SeenRecord {
  readonly offset: bigint;
  /** Of all parts: equal where the records are. */
  readonly id: string;
  readonly parts: Readonly<Record<RecordPart, string>>;
}

export function seenRecord(cursor: RecordCursor): SeenRecord {
  const { offset, timestamp, key, value, headers } = decodeRecord(cursor);
  const ofHeaders = headers.flatMap((one) => [digestOf(one.key), digestOf(one.value)]);
  const parts = {
    key: digestOf(key),
    value: digestOf(value),
    headers: ofHeaders.length === 0 ? '' : hash('sha256', ofHeaders.join(' '), 'base64'),
    timestamp: `${timestamp}`,
  };
  return { offset, id: hash('sha256', Object.values(parts).join(' '), 'hex'), parts };
}

/** What differs between two records. */
export function partsThatDiffer(left: SeenRecord, right: SeenRecord): readonly RecordPart[] {
  return recordParts.filter((part) => left.parts[part] !== right.parts[part]);
}

function digestOf(bytes: Buffer | null): string {
  return bytes === null ? 'null' : hash('sha256', bytes, 'base64');
}
