import { recordLanesMax } from './limits.ts';
import type { MirroredPartition } from './partition.ts';
import type { ProduceLane } from './ports.ts';

/**
 * One of the ways by which records go to a broker, a connection of its own. A partition's batches always go the same way,
 * so that they stay in order; a broker works on several connections at once, but on each a request at a time.
 */
export interface SendLane {
  readonly broker: number;
  readonly name: ProduceLane;
  readonly partitions: readonly MirroredPartition[];
  /** Requests. */
  inFlight: number;
  /** Index of the partition that is served first at the next request. */
  rotation: number;
}

export function sendLanes(partitions: readonly MirroredPartition[]): SendLane[] {
  const led = Map.groupBy(partitions, (one) => one.targetLeader);
  return [...led].flatMap(([broker, ofBroker]) => {
    const count = Math.min(recordLanesMax, ofBroker.length);
    return Array.from({ length: count }, (_, lane) => ({
      broker,
      name: `records-${lane}` as const,
      partitions: ofBroker.filter((__, index) => index % count === lane),
      inFlight: 0,
      rotation: 0,
    }));
  });
}
