import { isDeepStrictEqual } from 'node:util';
import { charactersOf, type LogStarts, piecesToThin, type SealedMap, thinned } from '../../../src/offset-map/seal.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { countOf, pairFromEnd, type Run, type SpanEpochs, spanOf } from '../../../src/offset-map/span.ts';
import type { MapLimits } from './limits.ts';
import type { MirroredPartition } from './partition.ts';
import type { TopicPartition } from './ports.ts';
import { keptFor, positionsByKey, readPositions, type StoredPiece } from './positions.ts';
import { type LogPair, type ScannedRuns, scanRuns } from './scan-span.ts';
import type { Session } from './session.ts';

/** Pieces of which both logs did not tell the same as the map does: their segments stay. By key, as long as a session lasts. */
export type UnfitPieces = Set<string>;

export type StartsOf = (partition: MirroredPartition) => LogStarts;

/**
 * Makes spans of the oldest pieces of maps that are too large, for the next position to store. Before that both logs are
 * read between the ends of each span, as whoever asks for an offset in it will do: only where that tells the very segments
 * that are given up, they are.
 */
export async function thinMaps(
  session: Session,
  partitions: readonly MirroredPartition[],
  startsOf: StartsOf,
  limits: MapLimits,
  unfit: UnfitPieces,
): Promise<void> {
  const due = partitions
    .filter(
      (one) => one.isCompacted !== true && one.piecesToDrop === 0 && charactersOf(one.sealed) > limits.charactersMax,
    )
    .map((partition): LargeMap => ({ partition, sealed: partition.sealed, starts: startsOf(partition), limits, unfit }))
    .filter((one) => groupFrom(one, 0) !== null);
  if (due.length === 0) return;
  const { target, positionsTopic, flow, clock } = session.flow.options;
  const stored = positionsByKey(await readPositions(target, positionsTopic, flow, clock));
  for (const one of due) {
    if (session.closed) return;
    const position = keptFor(stored, { flow, source: one.partition.source });
    const pieces = new Map(position?.sealed().map((piece) => [piece.key, piece]));
    await thinMap(session, one, pieces);
  }
}

interface LargeMap {
  readonly partition: MirroredPartition;
  /** As it was before its pieces were read: all but its newest piece are as they were then. */
  readonly sealed: SealedMap;
  readonly starts: LogStarts;
  readonly limits: MapLimits;
  readonly unfit: UnfitPieces;
}

function groupFrom({ sealed, starts, limits, unfit }: LargeMap, from: number) {
  return piecesToThin(sealed, starts, { from, countMax: limits.spanPiecesMax, unfit });
}

/** Span after span, each to be stored with the next position, until the map is small enough or others have their turn. */
async function thinMap(session: Session, map: LargeMap, stored: ReadonlyMap<string, StoredPiece>): Promise<void> {
  const { partition, sealed, starts, limits, unfit } = map;
  const { source, target, clock } = session.flow.options;
  const logs: LogPair = {
    source: { log: source, at: partition.source, start: starts.source },
    target: { log: target, at: partition.target, start: starts.target },
    clock,
  };
  let left = charactersOf(sealed) - limits.charactersMax;
  let from = 0;
  for (let scans = 0; scans < limits.spansAtOnceMax && left > 0 && !session.closed; scans += 1) {
    const group = groupFrom(map, from);
    const known = group === null ? [] : storedPieces(sealed, group, stored);
    if (group === null || known.length < group.count) return;
    const { proven, bytes, epochs } = group.isBelow
      ? { proven: known.length, bytes: 0, epochs: undefined }
      : await prove(known, logs, limits.spanBytesMax);
    const next = sealed.pieces[group.at + proven];
    if (proven === 0 || next === undefined) {
      for (const { key } of known.slice(0, 1)) unfit.add(key);
    } else {
      const given = known.slice(0, proven);
      partition.thinned = [...partition.thinned, thinned(given, next.source, epochs)];
      left -= given.reduce((sum, one) => sum + one.characters, 0);
      from = group.at + proven;
    }
    await clock.sleep((bytes * 1000) / limits.thinningBytesPerSecondMax, session.ending.signal);
  }
}

function storedPieces(
  { pieces }: SealedMap,
  { at, count }: { readonly at: number; readonly count: number },
  stored: ReadonlyMap<string, StoredPiece>,
) {
  return pieces.slice(at, at + count).flatMap(({ key, characters }) => {
    const piece = stored.get(key);
    // What was read may be older than the piece: it must be the very one that is to be given up.
    return piece !== undefined && 'text' in piece && piece.text.length === characters
      ? [{ key, characters, segments: piece.segments() }]
      : [];
  });
}

interface Proof {
  /** Of so many of the pieces, from the first one on, both logs tell the segments. */
  readonly proven: number;
  /** What was read of them. */
  readonly bytes: number;
  readonly epochs: SpanEpochs;
}

async function prove(
  pieces: readonly { readonly segments: readonly Segment[] }[],
  { source, target, clock }: LogPair,
  bytesMax: number,
): Promise<Proof> {
  const whole = spanOf(pieces.flatMap((one) => one.segments));
  const range = ({ topic, partition }: TopicPartition, from: bigint, to: bigint) => ({ topic, partition, from, to });
  const inSource = await scanRuns(source.log, range(source.at, whole.source, whole.sourceEnd), clock, { bytesMax });
  const inTarget = await scanRuns(target.log, range(target.at, whole.target, whole.targetEnd), clock, { bytesMax });
  return {
    proven: provenPieces(pieces, inSource, inTarget),
    bytes: inSource.bytes + inTarget.bytes,
    epochs: { source: inSource.epoch, target: inTarget.epoch },
  };
}

function provenPieces(
  pieces: readonly { readonly segments: readonly Segment[] }[],
  inSource: ScannedRuns,
  inTarget: ScannedRuns,
): number {
  const reached = pieces.findIndex(({ segments }) => {
    const { sourceEnd, targetEnd } = spanOf(segments);
    return sourceEnd > inSource.wholeUntil || targetEnd > inTarget.wholeUntil;
  });
  const count = reached < 0 ? pieces.length : reached;
  if (count === 0) return 0;
  const segments = pieces.slice(0, count).flatMap((one) => one.segments);
  const span = spanOf(segments);
  const sourceRuns = below(inSource.runs, span.sourceEnd);
  const targetRuns = below(inTarget.runs, span.targetEnd);
  const isSame = countOf(sourceRuns) === countOf(targetRuns);
  return isSame && isDeepStrictEqual(pairFromEnd(sourceRuns, targetRuns), segments) ? count : 0;
}

function below(runs: readonly Run[], end: bigint): Run[] {
  return runs
    .filter((one) => one.offset < end)
    .map(({ offset, length }) => ({ offset, length: offset + length > end ? end - offset : length }));
}
