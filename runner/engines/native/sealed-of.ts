import {
  nothingSealed,
  pieceSegmentsMax,
  type SealedCut,
  type SealedMap,
  type SealedPiece,
  type SealedTail,
  spanCharacters,
} from '../../../src/offset-map/seal.ts';
import type { Span } from '../../../src/offset-map/span.ts';
import { positionOwner, segmentsKey } from '../../../src/state/position-codec.ts';
import type { MirrorOptions } from './options.ts';
import type { KnownStart, PartitionStart } from './partition.ts';
import { keptFor, type StoredPiece, type StoredPosition } from './positions.ts';

/**
 * What is sealed of a partition's map where a session begins, and the keys of the pieces that a loss has made wrong, newest
 * first: a kill while they are deleted leaves no hole. A partition that begins anew keeps none.
 */
export function sealedOf(
  { flow, mapLimits }: Pick<MirrorOptions, 'flow' | 'mapLimits'>,
  { source, segments, dropSealed = [], cutSpan, startSource, nextSource, trimmed = false }: PartitionStart,
  stored: ReadonlyMap<string, StoredPosition>,
): Pick<KnownStart, 'sealed' | 'retired'> {
  const owner = positionOwner({ flow, source });
  const position = keptFor(stored, { flow, source });
  if (position === undefined) return { sealed: nothingSealed, retired: [] };
  const dropped = new Set(dropSealed);
  const isWrong = ({ first }: StoredPiece) => dropped.has(first);
  const all = position.sealed();
  const kept = all.filter((one) => !isWrong(one));
  const beginsAnew = segments.length === 0 && startSource === nextSource;
  const newest = kept.at(-1);
  // What is sealed under the topic's name still belongs to the position under that name.
  const mayGrow = newest?.key === segmentsKey(owner, newest?.first ?? 0n);
  const sealed: SealedMap = {
    pieces: kept.map(knownOf),
    tail: newest !== undefined && mayGrow ? tailOf(newest, mapLimits?.pieceSegmentsMax) : null,
    cut: newest === undefined ? null : cutOf(newest, cutSpan),
    trimmed: trimmed || (position.record.trimmed === true && !beginsAnew),
  };
  const wrong = all.filter(isWrong).map((one) => one.key);
  return { sealed, retired: wrong.reverse() };
}

function knownOf(piece: StoredPiece): SealedPiece {
  const { source, target } = piece.begin();
  const characters = 'text' in piece ? piece.text.length : spanCharacters;
  return { key: piece.key, source, target, characters, isSpan: 'span' in piece };
}

/** Until its record says with what the map goes on a span that was cut is written again. */
function cutOf(newest: StoredPiece, cutSpan: Span | undefined): SealedCut | null {
  if (cutSpan !== undefined) return { key: newest.key, span: cutSpan };
  return 'span' in newest && newest.next === undefined ? { key: newest.key, span: newest.span } : null;
}

function tailOf(piece: StoredPiece, segmentsMax = pieceSegmentsMax): SealedTail | null {
  if ('span' in piece) return null;
  const segments = piece.segments();
  const last = segments.at(-1);
  if (last === undefined || segments.length >= segmentsMax) return null;
  return { count: segments.length, text: piece.text, last };
}
