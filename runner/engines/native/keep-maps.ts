import { piecesBelow } from '../../../src/offset-map/seal.ts';
import { ClusterFault } from '../../kafka/cluster-fault.ts';
import { askOffsets } from './ask-offsets.ts';
import { mapLimits } from './limits.ts';
import { partitionName } from './losses.ts';
import { fail, type Session } from './session.ts';

/**
 * Looks after the offset maps beside the mirror, in rounds, until the session ends: what of them stands below both log
 * starts is dropped with the next position that is written anyway. A round in which a cluster does not answer is left out.
 */
export function startKeepingMaps(session: Session): void {
  keepMaps(session).catch((error: unknown) => {
    if (!session.closed) fail(session, error);
  });
}

async function keepMaps(session: Session): Promise<void> {
  const { clock, mapLimits: other } = session.flow.options;
  const { upkeepIntervalMs } = { ...mapLimits, ...other };
  while (!session.closed) {
    try {
      await dropBelowStarts(session);
    } catch (error) {
      if (!(error instanceof ClusterFault)) throw error;
    }
    await clock.sleep(upkeepIntervalMs, session.ending.signal);
  }
}

async function dropBelowStarts(session: Session): Promise<void> {
  const { source, target, clock, mapLimits: other } = session.flow.options;
  const { piecesDroppedMax } = { ...mapLimits, ...other };
  const partitions = session.partitions.filter((one) => !one.halted && one.sealed.pieces.length > 1);
  if (partitions.length === 0) return;
  const places = { source: partitions.map((one) => one.source), target: partitions.map((one) => one.target) };
  const sourceStarts = await askOffsets(source, places.source, 'earliest', clock);
  const targetStarts = await askOffsets(target, places.target, 'earliest', clock);
  for (const one of partitions) {
    const starts = {
      source: sourceStarts.get(partitionName(one.source)) ?? 0n,
      target: targetStarts.get(partitionName(one.target)) ?? 0n,
    };
    one.piecesToDrop = Math.min(piecesBelow(one.sealed, starts), piecesDroppedMax);
  }
}
