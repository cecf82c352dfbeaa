import { encodeSegments } from './codec.ts';
import type { Segment } from './segment.ts';
import { type Span, type SpanEpochs, spanOf } from './span.ts';

/** A position record holds no more segments than this; it is written with every transaction. */
export const positionSegmentsMax = 64;
/** What stays in the position record when older ones are split off; the rest of the room makes that rare. */
export const positionSegmentsKept = 16;
/**
 * Segments in one sealed piece: some 5 kB of text. The newest piece is written again whenever it grows, so that a larger
 * one costs more of that, and a smaller one more of what each record takes beside its text.
 */
export const pieceSegmentsMax = 1024;

/** What is known of a sealed piece of the map without its text. The next one tells where it ends. */
export interface SealedPiece {
  /** Of the record that holds it. */
  readonly key: string;
  /** Its first segment's. */
  readonly source: bigint;
  readonly target: bigint;
  /** Of its text; of a span's record. */
  readonly characters: number;
  readonly isSpan: boolean;
}

/** The newest piece while it has room: it grows in place, under its key. */
export interface SealedTail {
  readonly count: number;
  readonly text: string;
  /** Its last segment. */
  readonly last: Segment;
}

/**
 * The older part of a partition's map, as it is stored: pieces in order, each of which ends where the next one begins, the
 * last one where the position record's own segments begin.
 */
export interface SealedMap {
  readonly pieces: readonly SealedPiece[];
  /** Null where the next segments begin a piece of their own. */
  readonly tail: SealedTail | null;
  /** The newest piece where it is a span that a loss has cut, and whose record does not say yet with what the map goes on. */
  readonly cut: SealedCut | null;
  /** Pieces that stood below both logs were dropped: nothing is known of what stands below the first one. */
  readonly trimmed: boolean;
}

export interface SealedCut {
  readonly key: string;
  readonly span: Span;
}

export const nothingSealed: SealedMap = { pieces: [], tail: null, cut: null, trimmed: false };

/** What the record of a piece holds: its segments as text, or only its ends. */
export type PieceContent = { readonly text: string } | { readonly span: Span };

/**
 * Where a piece is to be written: `next` is the source offset with which the map goes on. It is absent where nothing was
 * mirrored yet behind a span that a loss has cut.
 */
export interface PiecePlace {
  readonly key: string;
  readonly next?: bigint;
}

export interface Sealing {
  /** The newest segments, for the position record. */
  readonly open: readonly Segment[];
  /** Oldest first. The first one may be the newest piece of before, grown. */
  readonly written: readonly (Required<PiecePlace> & { readonly text: string })[];
  readonly sealed: SealedMap;
}

/**
 * Splits off what a position record has no room for. The last segment always stays open, for it may still grow. Pieces and
 * open segments in this order are the whole map, before and after.
 */
export function sealOlder(
  sealed: SealedMap,
  segments: readonly Segment[],
  keyOf: (first: bigint) => string,
  segmentsMax = pieceSegmentsMax,
): Sealing {
  if (segments.length <= positionSegmentsMax) return { open: segments, written: [], sealed };
  const open = segments.slice(-positionSegmentsKept);
  const older = segments.slice(0, -positionSegmentsKept);
  const { tail } = sealed;
  const grown = tail === null ? 0 : segmentsMax - tail.count;
  const parts = tail === null || grown <= 0 ? [] : [older.slice(0, grown)];
  for (let at = Math.max(grown, 0); at < older.length; at += segmentsMax) parts.push(older.slice(at, at + segmentsMax));
  const pieces = [...sealed.pieces];
  const written: (Required<PiecePlace> & { readonly text: string })[] = [];
  let newest = tail;
  for (const [index, part] of parts.entries()) {
    const [first] = part;
    const last = part.at(-1);
    const next = parts[index + 1]?.[0] ?? open[0];
    if (first === undefined || last === undefined || next === undefined) throw new Error('an empty piece');
    const before = index === 0 && grown > 0 ? tail : null;
    const grows = before === null ? undefined : pieces.pop();
    const text = before === null ? encodeSegments(part) : before.text + encodeSegments(part, before.last);
    const { key, source, target } = grows ?? { key: keyOf(first.source), ...first };
    pieces.push({ key, source, target, characters: text.length, isSpan: false });
    written.push({ key, text, next: next.source });
    newest = { count: (before?.count ?? 0) + part.length, text, last };
  }
  const full = newest === null || newest.count >= segmentsMax;
  return { open, written, sealed: { ...sealed, pieces, tail: full ? null : newest } };
}

/**
 * The span that a loss has cut, to be written with the next position: again and again until there are segments behind it, so
 * that its record says with which offset the map goes on.
 */
export function goOnBehindCut(
  sealed: SealedMap,
  [next]: readonly Segment[],
): { readonly sealed: SealedMap; readonly written: readonly (PiecePlace & { readonly span: Span })[] } {
  const { cut } = sealed;
  if (cut === null) return { sealed, written: [] };
  if (next === undefined) return { sealed, written: [cut] };
  return { sealed: { ...sealed, cut: null }, written: [{ ...cut, next: next.source }] };
}

/** Where both logs of a partition begin. */
export interface LogStarts {
  readonly source: bigint;
  readonly target: bigint;
}

/**
 * How many of the oldest pieces stand below both log starts, so that no offset that can be asked for leads into them. The
 * newest one stays.
 */
export function piecesBelow({ pieces }: SealedMap, starts: LogStarts): number {
  const next = pieces.findIndex(({ source, target }, index) => {
    return index > 0 && (source > starts.source || target > starts.target);
  });
  return Math.max((next < 0 ? pieces.length : next) - 1, 0);
}

/** Without so many of its oldest pieces. */
export function withoutOldest(sealed: SealedMap, count: number): SealedMap {
  if (count === 0) return sealed;
  return { ...sealed, pieces: sealed.pieces.slice(count), trimmed: true };
}

/** Pieces in a row that one span takes the place of, under the key of the first one. */
export interface Thinned {
  readonly keys: readonly string[];
  readonly span: Span;
  readonly next: bigint;
}

/** A span's record: JSON, six offsets and two epochs. */
export const spanCharacters = 170;

/** With spans in the place of these pieces. Throws where pieces are not there, or not in a row. */
export function withSpans(sealed: SealedMap, thinned: readonly Thinned[]): SealedMap {
  const pieces = [...sealed.pieces];
  for (const { keys, span } of thinned) {
    const at = pieces.findIndex((one) => one.key === keys[0]);
    const [key] = keys;
    if (key === undefined || keys.some((one, index) => pieces[at + index]?.key !== one)) {
      throw new RangeError(`The pieces ${keys.join(' ')} do not stand in a row.`);
    }
    const { source, target } = span;
    pieces.splice(at, keys.length, { key, source, target, characters: spanCharacters, isSpan: true });
  }
  return { ...sealed, pieces };
}

/** What a map takes in the positions topic, but for its newest segments and what each record takes beside its text. */
export function charactersOf({ pieces }: SealedMap): number {
  return pieces.reduce((sum, one) => sum + one.characters, 0);
}

/**
 * The oldest pieces in a row, of which a span may be made, from one on: none of them is a span, `unfit` or the newest piece, and
 * all stand above both log starts, or all below one of them. Empty where there are none.
 */
export function piecesToThin(
  { pieces }: SealedMap,
  starts: LogStarts,
  { from, countMax, unfit }: { readonly from: number; readonly countMax: number; readonly unfit: ReadonlySet<string> },
): { readonly at: number; readonly count: number; readonly isBelow: boolean } | null {
  const classOf = (index: number): 'above' | 'below' | 'neither' => {
    const [piece, next] = [pieces[index], pieces[index + 1]];
    if (piece === undefined || next === undefined || piece.isSpan || unfit.has(piece.key)) return 'neither';
    if (next.source <= starts.source || next.target <= starts.target) return 'below';
    return piece.source >= starts.source && piece.target >= starts.target ? 'above' : 'neither';
  };
  let at = from;
  while (at < pieces.length && classOf(at) === 'neither') at += 1;
  if (at >= pieces.length) return null;
  const first = classOf(at);
  let count = 1;
  while (count < countMax && classOf(at + count) === first) count += 1;
  return { at, count, isBelow: first === 'below' };
}

/** One span of the segments of so many pieces. */
export function thinned(
  pieces: readonly { readonly key: string; readonly segments: readonly Segment[] }[],
  next: bigint,
  epochs?: SpanEpochs,
): Thinned {
  const segments = pieces.flatMap((one) => one.segments);
  return { keys: pieces.map((one) => one.key), span: spanOf(segments, epochs), next };
}
