import type { Segment } from '../../../src/offset-map/segment.ts';
import {
  decodePosition,
  decodeSealed,
  type PositionOwner,
  parsePositionKey,
  positionKey,
  positionOwner,
} from '../../../src/state/position-codec.ts';
import type { PositionRecord } from '../../../src/state/records.ts';
import { decodeRecords } from '../../records/decode.ts';
import { askOffsets } from './ask-offsets.ts';
import { systemClock } from './clock.ts';
import { unreadablePosition } from './faults.ts';
import { partitionName } from './losses.ts';
import type { Clock, LogReader } from './ports.ts';
import { scanBatches } from './scan.ts';

/** The stored position of one source partition and its whole offset map. */
export interface StoredPosition {
  readonly record: PositionRecord;
  /** Sealed segments and those of the record, in order: all that was mirrored. Decoded when asked for. */
  segments(): Segment[];
  /** The sealed segments as they are stored, in order. */
  sealed(): readonly { readonly first: bigint; readonly segments: readonly Segment[] }[];
}

/**
 * Every position that is committed on the target, in one pass over the topic; of one flow, where it is named. An empty
 * list where the topic does not exist. Transactions that are still open are not waited for. Throws a ClusterFault, KP5013
 * where a record cannot be read.
 */
export async function readPositions(
  log: LogReader,
  positionsTopic: string,
  flow?: string,
  clock: Clock = systemClock,
): Promise<readonly StoredPosition[]> {
  if (!(await log.describeTopics([positionsTopic])).has(positionsTopic)) return [];
  const at = { topic: positionsTopic, partition: 0 };
  const from = (await askOffsets(log, [at], 'earliest', clock)).get(partitionName(at)) ?? 0n;
  const to = (await askOffsets(log, [at], 'last-stable', clock)).get(partitionName(at)) ?? 0n;
  const positions = new Map<string, PositionRecord>();
  const sealed = new Map<string, Map<bigint, string>>();
  await scanBatches(log, { ...at, from, to }, clock, (batch, fate) => {
    if (fate !== 'data') return 'next';
    for (const { key, value } of decodeRecords(batch)) {
      take(key?.toString() ?? '', value?.toString() ?? null);
    }
    return 'next';
  });
  return [...positions.values()].map((record) => stored(log, positionsTopic, record, sealed));

  function take(key: string, value: string | null): void {
    const parsed = parsePositionKey(key);
    if (parsed === null || (flow !== undefined && parsed.owner.flow !== flow)) return;
    const owner = positionKey(parsed.owner);
    if (parsed.kind === 'segments') {
      const chunks = sealed.get(owner) ?? new Map<bigint, string>();
      sealed.set(owner, chunks);
      if (value === null) chunks.delete(parsed.first);
      else chunks.set(parsed.first, value);
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

function stored(
  log: LogReader,
  topic: string,
  record: PositionRecord,
  sealed: ReadonlyMap<string, ReadonlyMap<bigint, string>>,
): StoredPosition {
  const owner: PositionOwner = positionOwner(record);
  const named: PositionOwner = { ...owner, source: record.source.topic };
  // What was sealed under the topic's name, before its cluster had topic ids, stays there.
  const chunks = new Map([named, owner].flatMap((one) => [...(sealed.get(positionKey(one)) ?? [])]));
  const sealedChunks = () =>
    [...chunks]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([first, text]) => {
        const decoded = decodeSealed(text);
        if ('segments' in decoded) return { first, segments: decoded.segments };
        const what = `segments of ${positionKey(owner)} from ${first}`;
        throw unreadablePosition(log.cluster, topic, what, decoded.problem);
      });
  return {
    record,
    sealed: sealedChunks,
    segments: () => [...sealedChunks().flatMap((one) => one.segments), ...record.segments],
  };
}
