import { piecesBelow } from '../../../src/offset-map/seal.ts';
import { ClusterFault } from '../../kafka/cluster-fault.ts';
import { askOffsets } from './ask-offsets.ts';
import { type MapLimits, mapLimits } from './limits.ts';
import { partitionName } from './losses.ts';
import type { MirroredPartition } from './partition.ts';
import { fail, type Session } from './session.ts';
import { type StartsOf, thinMaps, type UnfitPieces } from './thin-maps.ts';

/**
 * Looks after the offset maps beside the mirror, in rounds, until the session ends: what of them stands below both log
 * starts is dropped, and of what is too large the oldest part is thinned, each with the next position that is written
 * anyway. A round in which a cluster does not answer is left out.
 */
export function startKeepingMaps(session: Session): void {
  keepMaps(session).catch((error: unknown) => {
    if (!session.closed) fail(session, error);
  });
}

async function keepMaps(session: Session): Promise<void> {
  const { clock, mapLimits: other } = session.flow.options;
  const limits = { ...mapLimits, ...other };
  const unfit: UnfitPieces = new Set();
  while (!session.closed) {
    try {
      await keepOnce(session, limits, unfit);
    } catch (error) {
      if (!(error instanceof ClusterFault)) throw error;
    }
    await clock.sleep(limits.upkeepIntervalMs, session.ending.signal);
  }
}

async function keepOnce(session: Session, limits: MapLimits, unfit: UnfitPieces): Promise<void> {
  const isWaiting = (one: MirroredPartition) => one.thinned.length > 0;
  const partitions = session.partitions.filter((one) => !one.halted && !isWaiting(one) && one.sealed.pieces.length > 1);
  if (partitions.length === 0) return;
  const startsOf = await askStarts(session, partitions);
  for (const one of partitions) {
    one.piecesToDrop = Math.min(piecesBelow(one.sealed, startsOf(one)), limits.piecesDroppedMax);
  }
  await thinMaps(session, partitions, startsOf, limits, unfit);
}

async function askStarts(session: Session, partitions: readonly MirroredPartition[]): Promise<StartsOf> {
  const { source, target, clock } = session.flow.options;
  const places = { source: partitions.map((one) => one.source), target: partitions.map((one) => one.target) };
  const sourceStarts = await askOffsets(source, places.source, 'earliest', clock);
  const targetStarts = await askOffsets(target, places.target, 'earliest', clock);
  return (one) => ({
    source: sourceStarts.get(partitionName(one.source)) ?? 0n,
    target: targetStarts.get(partitionName(one.target)) ?? 0n,
  });
}
