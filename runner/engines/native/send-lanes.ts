import { recordLanesMax } from './limits.ts';
import type { ProduceLane } from './ports.ts';
import type { TargetPartition } from './target-partition.ts';

/**
 * Before a broker takes the first batch of a transaction into a partition it asks the coordinator, since Kafka 3.6 (KIP-890),
 * for one request of a producer at a time: of two it refuses one (`AddPartitionsToTxnManager.addTxnData`).
 */
export interface TransactionEntry {
  /** A request with partitions that the broker must ask about is not answered. */
  taken: boolean;
}

/**
 * One of the ways by which records go to a broker, a connection of its own. A partition's batches always go the same way,
 * so that they stay in order; a broker works on several connections at once, but on each a request at a time.
 */
export interface SendLane {
  readonly broker: number;
  /** Of all lanes to the broker. */
  readonly entry: TransactionEntry;
  readonly name: ProduceLane;
  readonly targets: readonly TargetPartition[];
  /** Requests. */
  inFlight: number;
  /** Index of the partition that is served first at the next request. */
  rotation: number;
}

export function sendLanes(targets: readonly TargetPartition[]): SendLane[] {
  const led = Map.groupBy(targets, (one) => one.leader);
  return [...led].flatMap(([broker, ofBroker]) => {
    const count = Math.min(recordLanesMax, ofBroker.length);
    const entry = { taken: false };
    return Array.from({ length: count }, (_, lane) => ({
      broker,
      entry,
      name: `records-${lane}` as const,
      targets: ofBroker.filter((__, index) => index % count === lane),
      inFlight: 0,
      rotation: 0,
    }));
  });
}
