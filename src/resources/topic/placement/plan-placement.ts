import type { BrokerSnapshot, PartitionSnapshot } from '../../../cluster/snapshot.ts';
import { choose } from './choose.ts';
import { addTo, type BrokerCounts, leadersByBroker, type Placement, replicasByBroker } from './replica-counts.ts';

export interface PlacementInput {
  /** All partitions of one topic, ordered by number. */
  readonly partitions: readonly PartitionSnapshot[];
  /** The brokers that are up: only these get new replicas. */
  readonly brokers: readonly BrokerSnapshot[];
  readonly replicationFactor: number;
  /** Replicas of all topics on each broker: decides where this topic alone does not. */
  readonly clusterReplicas: BrokerCounts;
}

/** Whether any partition has another number of replicas. */
export function hasOtherFactor(partitions: readonly PartitionSnapshot[], replicationFactor: number): boolean {
  return partitions.some((one) => one.replicas.length !== replicationFactor);
}

/**
 * The placement of a topic with its new replication factor; partitions that have it already stay as they are, so that
 * planning again after applying moves nothing. What decides, in this order:
 *
 * 1. Moves: replicas are added or removed, never moved, for each move copies a whole partition over the network.
 * 2. The current leader stays, and in-sync replicas go only where no other is left to go.
 * 3. Racks: as many as 1 and 2 allow hold a replica of the partition. Brokers without a rack count as one rack
 *    together, as KRaft's own StripedReplicaPlacer has it.
 * 4. Brokers with few replicas of this topic, then with few of all topics, then the next ones by id behind the first
 *    replica, in a circle, which spreads topics that were dealt in turn evenly.
 *
 * Leaders of partitions that grow are spread by the order of replicas (the first is the preferred leader), which moves
 * no data. The same input gives the same answer. Throws where fewer brokers are up than replicas are wanted.
 */
export function planPlacement(input: PlacementInput): Placement {
  const { partitions, brokers, replicationFactor } = input;
  if (brokers.length < replicationFactor) throw new Error('replicas need a broker each');
  const counts: Counts = {
    topic: replicasByBroker(partitions.map((one) => one.replicas)),
    cluster: input.clusterReplicas,
    racks: new Map(brokers.map(({ id, rack }) => [id, rack ?? ''])),
  };
  const reduced = partitions.map((one) =>
    one.replicas.length > replicationFactor ? withoutSurplus(one, replicationFactor, counts) : one.replicas,
  );
  const filled = reduced.map((replicas) => withAdded(replicas, replicationFactor, counts));
  const grown = partitions.map((one) => one.replicas.length < replicationFactor);
  return spreadLeaders(filled, grown, counts);
}

interface Counts {
  /** Replicas of this topic by broker, kept up to date. */
  readonly topic: Map<number, number>;
  readonly cluster: BrokerCounts;
  /** Rack by broker id, of those that are up. */
  readonly racks: ReadonlyMap<number, string>;
}

/** Keeps one replica after the other: the leader, then those that are worth most beside the ones kept. */
function withoutSurplus(partition: PartitionSnapshot, factor: number, counts: Counts): readonly number[] {
  const { leader, replicas, inSyncReplicas } = partition;
  const kept = replicas.filter((replica) => replica === leader);
  while (kept.length < factor) {
    const best = choose(
      replicas.filter((replica) => !kept.includes(replica)),
      (replica) => {
        const isUp = counts.racks.has(replica);
        const health = isUp && inSyncReplicas.includes(replica) ? 0 : isUp ? 1 : 2;
        return [health, sharedRack(replica, kept, counts), ...load(replica, counts)];
      },
    );
    if (best === undefined) break;
    kept.push(best);
  }
  for (const removed of replicas.filter((replica) => !kept.includes(replica))) addTo(counts.topic, removed, -1);
  return replicas.filter((replica) => kept.includes(replica));
}

function withAdded(replicas: readonly number[], factor: number, counts: Counts): readonly number[] {
  const all = [...replicas];
  const ids = inCircle(
    [...counts.racks.keys()].sort((a, b) => a - b),
    replicas[0] ?? 0,
  );
  while (all.length < factor) {
    const best = choose(
      ids.filter((id) => !all.includes(id)),
      (id) => [sharedRack(id, all, counts), ...load(id, counts)],
    );
    if (best === undefined) break;
    all.push(best);
    addTo(counts.topic, best, 1);
  }
  return all;
}

/** Sorted ids, the ones behind `first` first. */
function inCircle(ids: readonly number[], first: number): readonly number[] {
  return [...ids.filter((id) => id > first), ...ids.filter((id) => id <= first)];
}

/** How many of `others` stand in the broker's rack; a broker that is down has none that is known. */
function sharedRack(broker: number, others: readonly number[], { racks }: Counts): number {
  const rack = racks.get(broker);
  return rack === undefined ? 0 : others.filter((other) => racks.get(other) === rack).length;
}

function load(broker: number, { topic, cluster }: Counts): [number, number] {
  return [topic.get(broker) ?? 0, cluster.get(broker) ?? 0];
}

/** Where a replica of a grown partition is on a broker that leads less, it becomes the preferred leader. */
function spreadLeaders(placement: Placement, grown: readonly boolean[], { racks }: Counts): Placement {
  const leaders = leadersByBroker(placement);
  return placement.map((replicas, partition) => {
    const [first] = replicas;
    if (first === undefined || grown[partition] !== true) return replicas;
    addTo(leaders, first, -1);
    const next = choose(replicas, (replica) => [racks.has(replica) ? 0 : 1, leaders.get(replica) ?? 0]) ?? first;
    addTo(leaders, next, 1);
    return [next, ...replicas.filter((replica) => replica !== next)];
  });
}
