import { decodeRecords } from '../../runner/records/decode.ts';
import { decodeSegments } from '../../src/offset-map/codec.ts';
import type { Segment } from '../../src/offset-map/segment.ts';
import type { Span } from '../../src/offset-map/span.ts';
import { parseByKeyKey } from '../../src/state/by-key-codec.ts';
import { decodePosition, decodeSealed, parsePositionKey, positionKey } from '../../src/state/position-codec.ts';
import type { PositionRecord } from '../../src/state/records.ts';
import { isCommitted, type SimulatedPartition, type StoredBatch } from './simulated-partition.ts';

/** The position of one source partition as it is committed now, and its whole offset map. */
export interface PositionNow {
  readonly record: PositionRecord;
  readonly segments: readonly Segment[];
  readonly spans: readonly Span[];
}

/** Reads the positions topic straight from its log, each batch once. */
export function createPositionsReader(log: () => SimulatedPartition): () => readonly PositionNow[] {
  const decoded = new WeakMap<StoredBatch, readonly { readonly key: string; readonly value: string | null }[]>();
  return () => {
    const positions = new Map<string, Stored>();
    for (const batch of log().batches) {
      if (!isCommitted(batch)) continue;
      for (const { key, value } of entriesOf(batch)) take(positions, key, value);
    }
    return [...positions.values()].flatMap(({ record, sealed }) =>
      record === null ? [] : [{ record, ...wholeMap(sealed, record) }],
    );
  };

  function entriesOf(batch: StoredBatch) {
    const known = decoded.get(batch);
    if (known !== undefined) return known;
    const entries = decodeRecords(batch.bytes).map((one) => ({
      key: String(one.key),
      value: one.value === null ? null : String(one.value),
    }));
    decoded.set(batch, entries);
    return entries;
  }
}

interface Stored {
  record: PositionRecord | null;
  /** By first source offset. */
  readonly sealed: Map<bigint, Piece>;
}

interface Piece {
  readonly segments: readonly Segment[];
  readonly spans: readonly Span[];
  readonly next: bigint | undefined;
}

function take(positions: Map<string, Stored>, key: string, value: string | null): void {
  if (parseByKeyKey(key) !== null) return;
  const parsed = parsePositionKey(key);
  if (parsed === null) throw new Error(`an unknown key in the positions: ${key}`);
  const owner = positionKey(parsed.owner);
  const position = positions.get(owner) ?? { record: null, sealed: new Map() };
  positions.set(owner, position);
  if (parsed.kind === 'segments' && value === null) {
    position.sealed.delete(parsed.first);
    return;
  }
  if (parsed.kind === 'segments') position.sealed.set(parsed.first, pieceOf(key, value ?? ''));
  else {
    const found = decodePosition(value ?? '');
    if ('problem' in found) throw new Error(`${key} can not be read: ${found.problem}`);
    position.record = found.record;
  }
}

function pieceOf(key: string, value: string): Piece {
  const found = decodeSealed(value);
  if ('span' in found) return { segments: [], spans: [found.span], next: found.next };
  const decoded = 'problem' in found ? found : decodeSegments(found.text);
  if ('problem' in decoded || 'problem' in found) throw new Error(`${key} can not be read: ${JSON.stringify(decoded)}`);
  return { segments: decoded.segments, spans: [], next: found.next };
}

/** The position must name the first piece, and each piece must end where the next one begins; those of version 2 do not say. */
function wholeMap(sealed: Stored['sealed'], record: PositionRecord): Pick<PositionNow, 'segments' | 'spans'> {
  const pieces = [...sealed].sort(([a], [b]) => (a < b ? -1 : 1));
  if (record.firstSealed !== pieces[0]?.[0])
    throw new Error(`the map begins with a piece from ${pieces[0]?.[0]}, but the position says ${record.firstSealed}`);
  for (const [index, [first, { next }]] of pieces.entries()) {
    const following = pieces[index + 1]?.[0] ?? record.segments[0]?.source;
    if (next !== undefined && next !== following)
      throw new Error(`the piece from ${first} goes on at ${next}, but ${following} follows`);
  }
  const segments = [...pieces.flatMap(([, piece]) => piece.segments), ...record.segments];
  return { segments, spans: pieces.flatMap(([, piece]) => piece.spans) };
}
