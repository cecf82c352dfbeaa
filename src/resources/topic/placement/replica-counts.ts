/** Replicas of the partitions of one topic, by partition number; the first of each is its preferred leader. */
export type Placement = readonly (readonly number[])[];

/** How many replicas (or leaders) each broker has, by broker id. */
export type BrokerCounts = ReadonlyMap<number, number>;

/** Replicas on each broker that has any. */
export function replicasByBroker(placement: Placement): Map<number, number> {
  return counted(placement.flat());
}

/** How often each broker is the preferred leader. */
export function leadersByBroker(placement: Placement): Map<number, number> {
  return counted(placement.flatMap((replicas) => replicas.slice(0, 1)));
}

export function addTo(counts: Map<number, number>, broker: number, change: number): void {
  counts.set(broker, (counts.get(broker) ?? 0) + change);
}

function counted(brokers: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const broker of brokers) addTo(counts, broker, 1);
  return counts;
}
