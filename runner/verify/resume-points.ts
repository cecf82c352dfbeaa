import { positionOwner } from '../../src/state/position-codec.ts';
import { type VerifiedRecord, verifiedKey } from '../../src/state/verified-codec.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import { type MirroredPartition, partitionKey } from '../groups/mirrored-partition.ts';
import { logsStillHold } from './logs-still-hold.ts';
import { isStillValid } from './still-valid.ts';

interface ResumeRequest {
  readonly source: LogReader;
  readonly target: LogReader;
  readonly positions: readonly StoredPosition[];
  readonly clock: Clock;
}

/**
 * How far each partition was verified by an earlier run, by `partitionKey`: where what is kept of it still speaks of the
 * logs as they are now, as far as positions, map, log ends and leader epochs on both sides tell.
 */
export async function resumePoints(
  { source, target, positions, clock }: ResumeRequest,
  partitions: readonly MirroredPartition[],
  stored: ReadonlyMap<string, VerifiedRecord>,
): Promise<ReadonlyMap<string, VerifiedRecord>> {
  if (stored.size === 0) return new Map();
  const positionOf = new Map(positions.map(({ record }) => [partitionKey(record.source), record]));
  const valid = partitions.flatMap((partition) => {
    const position = positionOf.get(partitionKey(partition.source));
    if (position === undefined) return [];
    const verified = stored.get(verifiedKey(positionOwner(position)));
    return verified !== undefined && isStillValid(verified, position, partition) ? [{ partition, verified }] : [];
  });
  const [heldAtSource, heldAtTarget] = await Promise.all([
    logsStillHold(
      source,
      valid.map(({ partition, verified }) => {
        return { ...partition.source, offset: verified.nextSource, lastEpoch: verified.sourceEpoch };
      }),
      clock,
    ),
    logsStillHold(
      target,
      valid.map(({ partition, verified }) => {
        return { ...partition.target, offset: verified.nextTarget, lastEpoch: verified.targetEpoch };
      }),
      clock,
    ),
  ]);
  return new Map(
    valid
      .filter(({ partition }) => heldAtSource.has(partitionName(partition.source)))
      .filter(({ partition }) => heldAtTarget.has(partitionName(partition.target)))
      .map(({ partition, verified }) => [partitionKey(partition.source), verified]),
  );
}
