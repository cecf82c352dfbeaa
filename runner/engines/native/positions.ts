import { decodeSegments, firstOfText } from '../../../src/offset-map/codec.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import type { Span } from '../../../src/offset-map/span.ts';
import {
  type ByKeyKey,
  type Checkpoint,
  type Decoded,
  decodeCheckpoint,
  decodeTarget,
  parseByKeyKey,
  type TargetRecord,
} from '../../../src/state/by-key-codec.ts';
import {
  decodePosition,
  decodeSealed,
  type PositionOwner,
  parsePositionKey,
  positionKey,
  positionOwner,
  type SealedContent,
} from '../../../src/state/position-codec.ts';
import { type PositionRecord, positionRecordVersion } from '../../../src/state/records.ts';
import { systemClock } from './clock.ts';
import { incompleteMap, unreadablePosition } from './faults.ts';
import type { Clock, LogReader } from './ports.ts';
import { scanWhole } from './scan.ts';

/** The stored position of one source partition and its whole offset map. */
export interface StoredPosition {
  readonly record: PositionRecord;
  /**
   * Sealed segments and those of the record, in order: with what stands in spans, all that was mirrored. Decoded when asked
   * for. Throws KP6030 where the cleaner took a piece of them, of which a later one was not read, while they were read: the
   * position names the first one, and each the next.
   */
  segments(): Segment[];
  /** In order. */
  spans(): readonly Span[];
  /** The sealed pieces as they are stored, in order. */
  sealed(): readonly StoredPiece[];
}

/** A sealed piece of a map. */
export type StoredPiece = SealedContent & {
  readonly key: string;
  /** The source offset that it begins with. */
  readonly first: bigint;
  /** Its first segment's offsets, without a look at the others. */
  begin(): Pick<Segment, 'source' | 'target'>;
  /** None of a span. */
  segments(): Segment[];
};

/** A checkpoint and the slot that it stands in. */
export interface StoredCheckpoint {
  readonly slot: number;
  readonly record: Checkpoint;
}

/**
 * All that the positions topic holds: what its transactions left, whole. A position under a topic's name is left out where one
 * stands under its id.
 */
export interface StoredPositions {
  readonly positions: readonly StoredPosition[];
  /** Of topics whose records go by key. */
  readonly targets: readonly TargetRecord[];
  readonly checkpoints: readonly StoredCheckpoint[];
}

/** As `readStored`, of the positions alone. */
export async function readPositions(
  log: LogReader,
  positionsTopic: string,
  flow?: string,
  clock: Clock = systemClock,
): Promise<readonly StoredPosition[]> {
  return (await readStored(log, positionsTopic, flow, clock)).positions;
}

/**
 * Everything that is committed in the positions topic, in one pass over it; of one flow, where it is named. Nothing where the
 * topic does not exist. Transactions that are still open are not waited for. Throws a ClusterFault, KP5013 where a record
 * cannot be read.
 */
export async function readStored(
  log: LogReader,
  positionsTopic: string,
  flow?: string,
  clock: Clock = systemClock,
): Promise<StoredPositions> {
  const targets = new Map<string, TargetRecord>();
  const checkpoints = new Map<string, StoredCheckpoint>();
  if (!(await log.describeTopics([positionsTopic])).has(positionsTopic)) {
    return { positions: [], targets: [], checkpoints: [] };
  }
  const at = { topic: positionsTopic, partition: 0 };
  const positions = new Map<string, PositionRecord>();
  const sealed = new Map<string, Map<bigint, KeyedText>>();
  await scanWhole(log, at, clock, () => {
    for (const one of [positions, sealed, targets, checkpoints]) one.clear();
    return ({ key, value }) => take(key?.toString() ?? '', value?.toString() ?? null);
  });
  for (const { flow: name, source } of [...positions.values()]) {
    const { topic, topicId, partition } = source;
    // It was gone on from under the topic's id, and nothing keeps it true.
    if (topicId !== undefined) positions.delete(positionKey({ flow: name, source: topic, partition }));
  }
  return {
    positions: [...positions.values()].map((record) => stored(log, positionsTopic, record, sealed)),
    targets: [...targets.values()],
    checkpoints: [...checkpoints.values()],
  };

  function take(key: string, value: string | null): void {
    const byKey = parseByKeyKey(key);
    if (byKey === null) takePosition(key, value);
    else if (value !== null && (flow === undefined || byKey.flow === flow)) takeByKey(byKey, key, value);
  }

  function takeByKey(byKey: ByKeyKey, key: string, value: string): void {
    if (byKey.kind === 'target') targets.set(key, recordOf(key, decodeTarget(value)));
    else checkpoints.set(key, { slot: byKey.index, record: recordOf(key, decodeCheckpoint(value)) });
  }

  function recordOf<T>(key: string, decoded: Decoded<T>): T {
    if ('record' in decoded) return decoded.record;
    throw unreadablePosition(log.cluster, positionsTopic, key, decoded.problem);
  }

  function takePosition(key: string, value: string | null): void {
    const parsed = parsePositionKey(key);
    if (parsed === null || (flow !== undefined && parsed.owner.flow !== flow)) return;
    const owner = positionKey(parsed.owner);
    if (parsed.kind === 'segments') {
      const pieces = sealed.get(owner) ?? new Map<bigint, KeyedText>();
      sealed.set(owner, pieces);
      if (value === null) pieces.delete(parsed.first);
      else pieces.set(parsed.first, { key, value });
      return;
    }
    if (value === null) {
      positions.delete(owner);
      return;
    }
    const decoded = decodePosition(value);
    if ('problem' in decoded) throw unreadablePosition(log.cluster, positionsTopic, key, decoded.detail);
    positions.set(owner, decoded.record);
  }
}

/** The position of a partition, by its key. */
export function positionsByKey(positions: readonly StoredPosition[]): ReadonlyMap<string, StoredPosition> {
  return new Map(positions.map((one) => [positionKey(positionOwner(one.record)), one]));
}

/** What is kept of a source partition: by its topic's id, or by name, where it was stored before the cluster had ids. */
export function keptFor<T>(
  byKey: ReadonlyMap<string, T>,
  { flow, source }: Pick<PositionRecord, 'flow' | 'source'>,
): T | undefined {
  const owner = positionOwner({ flow, source });
  return byKey.get(positionKey(owner)) ?? byKey.get(positionKey({ ...owner, source: source.topic }));
}

interface KeyedText {
  readonly key: string;
  readonly value: string;
}

function stored(
  log: LogReader,
  topic: string,
  record: PositionRecord,
  sealed: ReadonlyMap<string, ReadonlyMap<bigint, KeyedText>>,
): StoredPosition {
  const owner: PositionOwner = positionOwner(record);
  const named: PositionOwner = { ...owner, source: record.source.topic };
  // What was sealed under the topic's name, before its cluster had topic ids, stays there. Before version 3 nothing tells it
  // from what stands there of another topic of that name.
  const isUnderName = record.sealedUnderName === true || record.v < positionRecordVersion;
  const owners = isUnderName ? [named, owner] : [owner];
  const found = new Map(owners.flatMap((one) => [...(sealed.get(positionKey(one)) ?? [])]));
  const unreadable = (key: string, problem: string) => unreadablePosition(log.cluster, topic, key, problem);
  const pieces = () =>
    [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([first, one]) => pieceOf(first, one, unreadable));
  return {
    record,
    sealed: pieces,
    segments() {
      const { firstSealed: first } = record;
      if (first !== undefined && !found.has(first)) throw incompleteMap(log.cluster, topic, record, first);
      const all = pieces();
      for (const [index, { next }] of all.entries()) {
        const following = all[index + 1]?.first ?? record.segments[0]?.source;
        if (next !== undefined && next !== following) throw incompleteMap(log.cluster, topic, record, next);
      }
      return [...all.flatMap((one) => one.segments()), ...record.segments];
    },
    spans: () => pieces().flatMap((one) => ('span' in one ? [one.span] : [])),
  };
}

function pieceOf(
  first: bigint,
  { key, value }: KeyedText,
  unreadable: (key: string, problem: string) => Error,
): StoredPiece {
  const content = decodeSealed(value);
  if ('problem' in content) throw unreadable(key, content.problem);
  if ('span' in content) return { key, first, ...content, begin: () => content.span, segments: () => [] };
  return {
    key,
    first,
    ...content,
    begin() {
      const offsets = firstOfText(content.text);
      if (offsets === null) throw unreadable(key, 'it has no segment');
      return offsets;
    },
    segments() {
      const decoded = decodeSegments(content.text);
      if ('problem' in decoded) throw unreadable(key, decoded.problem);
      return decoded.segments;
    },
  };
}
