import {
  goOnBehindCut,
  type PieceContent,
  type PiecePlace,
  type SealedMap,
  sealOlder,
  withoutOldest,
  withSpans,
} from '../../../src/offset-map/seal.ts';
import {
  encodePosition,
  encodeSealed,
  type PositionOwner,
  positionKey,
  positionOwner,
  segmentsKey,
} from '../../../src/state/position-codec.ts';
import { type PositionRecord, positionRecordVersion } from '../../../src/state/records.ts';
import { buildBatch, type NewRecord } from '../../records/build.ts';
import { nextSequence } from '../../records/restamp.ts';
import { partitionFault } from './faults.ts';
import { positionsBatchBytesMax } from './limits.ts';
import { partitionName } from './losses.ts';
import type { MirroredPartition } from './partition.ts';
import type { Clock, ProducerIdentity, TransactionalLog } from './ports.ts';
import { epochBefore, noEpoch } from './read-epochs.ts';
import type { Session } from './session.ts';

/** A position as it is to be stored, with what of the offset map is sealed into records of its own. */
export interface PositionToWrite {
  readonly partition: MirroredPartition;
  readonly record: PositionRecord;
  readonly records: readonly NewRecord[];
  readonly isNews: boolean;
  /** The position is stored. */
  noteWritten(): void;
}

/** What is written of the partition, all of which the target has answered for. */
export function positionOf(
  session: Session,
  partition: MirroredPartition,
  target: Pick<PositionRecord, 'nextTarget' | 'ahead'>,
): PositionToWrite {
  const { flow, clock, mapLimits } = session.flow.options;
  const { source, segments, piecesToDrop, thinned } = partition;
  const owner = positionOwner({ flow, source });
  const kept = withSpans(withoutOldest(partition.sealed, piecesToDrop), thinned);
  const behindCut = goOnBehindCut(kept, segments);
  const { open, written, sealed } = sealOlder(
    behindCut.sealed,
    segments,
    (first) => segmentsKey(owner, first),
    mapLimits?.pieceSegmentsMax,
  );
  const sourceEpoch = epochBefore(partition.epochs, partition.writtenSource);
  const { fan } = partition.to;
  const record: PositionRecord = {
    v: positionRecordVersion,
    flow,
    source,
    target: partition.target,
    nextSource: partition.writtenSource,
    startSource: partition.startSource,
    segments: open,
    ...firstOfSealed(sealed, owner),
    ...(sealed.trimmed ? { trimmed: true } : {}),
    ...(sourceEpoch === noEpoch ? {} : { sourceEpoch }),
    ...target,
    ...(fan === null
      ? {}
      : { byKey: { hash: fan.hash, partitions: fan.targets.length, recordsEnd: partition.recordsEnd } }),
  };
  const dropped = partition.sealed.pieces.slice(0, piecesToDrop).map((one) => one.key);
  const replaced = thinned.flatMap((one) => one.keys.slice(1));
  const spans = thinned.map(({ keys: [key = ''], span, next }) => ({ key, span, next }));
  const sealedSegments = segments.length - open.length;
  return {
    partition,
    record,
    records: recordsOf(
      record,
      clock,
      [...spans, ...behindCut.written, ...written],
      [...partition.retired, ...replaced],
      dropped,
    ),
    isNews: partition.fresh || partition.committedSource !== partition.writtenSource,
    noteWritten() {
      partition.committedSource = record.nextSource;
      partition.segments.splice(0, sealedSegments);
      partition.sealed = sealed;
      partition.piecesToDrop = Math.max(0, partition.piecesToDrop - piecesToDrop);
      partition.thinned = partition.thinned.filter((one) => !thinned.includes(one));
      partition.fresh = false;
      partition.retired = [];
    },
  };
}

function firstOfSealed(
  { pieces: [first] }: SealedMap,
  owner: PositionOwner,
): Pick<PositionRecord, 'firstSealed' | 'sealedUnderName'> {
  if (first === undefined) return {};
  const isUnderName = first.key !== segmentsKey(owner, first.source);
  return { firstSealed: first.source, ...(isUnderName ? { sealedUnderName: true } : {}) };
}

/**
 * What is wrong is deleted first, then sealed pieces, then the position, then what nobody can ask for any more is deleted:
 * written at once, so that none of the map is ever missing.
 */
export function recordsOf(
  record: PositionRecord,
  clock: Clock,
  written: readonly (PiecePlace & PieceContent)[] = [],
  retired: readonly string[] = [],
  outdated: readonly string[] = [],
): NewRecord[] {
  const timestamp = BigInt(clock.nowMs());
  const deleted = (key: string) => ({ key: Buffer.from(key), value: null, timestamp });
  return [
    ...retired.map(deleted),
    ...written.map((one) => ({ key: Buffer.from(one.key), value: Buffer.from(encodeSealed(one)), timestamp })),
    { key: Buffer.from(positionKey(positionOwner(record))), value: Buffer.from(encodePosition(record)), timestamp },
    ...outdated.map(deleted),
  ];
}

export function reportCommit(session: Session, positions: readonly PositionToWrite[]): void {
  const { report, flow } = session.flow.options;
  session.flow.progress.ended('commit');
  report({
    event: 'commit',
    flow,
    partitions: positions.map(({ record: { source, nextSource, nextTarget } }) => ({ source, nextSource, nextTarget })),
  });
}

/**
 * Appends them, and `others` behind them, to the positions topic, in order and acknowledged; gives the bytes. The session ends
 * where it fails.
 */
export async function writePositions(
  session: Session,
  positions: readonly PositionToWrite[],
  transactional: boolean,
  others: readonly (readonly NewRecord[])[] = [],
): Promise<number> {
  const { target, positionsTopic } = session.flow.options;
  const { producer, positionsLeader: leader } = session;
  const units = [...positions.map((one) => one.records), ...others];
  const log = { target, topic: positionsTopic, leader, producer, transactional };
  const written = await appendPositions(log, session.positionsSequence, units);
  session.positionsSequence = written.nextSequence;
  return written.bytes;
}

export interface PositionsLog {
  readonly target: TransactionalLog;
  readonly topic: string;
  readonly leader: number;
  readonly producer: ProducerIdentity;
  readonly transactional: boolean;
}

/** Records of one unit share a batch, where they are not more than one holds: outside a transaction all of them are written, or none. */
export async function appendPositions(
  { target, topic, leader, producer, transactional }: PositionsLog,
  firstSequence: number,
  units: readonly (readonly NewRecord[])[],
): Promise<{ readonly nextSequence: number; readonly bytes: number }> {
  const { producerId, producerEpoch } = producer;
  const at = { topic, partition: 0 };
  let baseSequence = firstSequence;
  let bytes = 0;
  for (const records of grouped(units)) {
    const batch = buildBatch({ records, stamp: { producerId, producerEpoch, baseSequence, transactional } });
    baseSequence = nextSequence(baseSequence, records.length);
    bytes += batch.length;
    const [answer] = await target.produce(leader, producer, [{ ...at, batch }], 'positions');
    if (answer?.error !== null) {
      const error = answer?.error ?? 'UNKNOWN_SERVER_ERROR';
      throw partitionFault(target.cluster, 'Produce', error, partitionName(at), answer?.message);
    }
  }
  return { nextSequence: baseSequence, bytes };
}

/** Bytes that a record's fields take beside key and value. */
const recordOverheadBytes = 32;

function grouped(units: readonly (readonly NewRecord[])[]): NewRecord[][] {
  const groups: NewRecord[][] = [];
  let bytes = positionsBatchBytesMax;
  for (const unit of units) {
    const whole = unit.reduce((sum, one) => sum + bytesOf(one), 0) <= positionsBatchBytesMax;
    for (const part of whole ? [unit] : unit.map((one) => [one])) {
      const partBytes = part.reduce((sum, one) => sum + bytesOf(one), 0);
      if (bytes + partBytes > positionsBatchBytesMax) {
        groups.push([]);
        bytes = 0;
      }
      groups.at(-1)?.push(...part);
      bytes += partBytes;
    }
  }
  return groups;
}

function bytesOf({ key, value }: NewRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + recordOverheadBytes;
}
