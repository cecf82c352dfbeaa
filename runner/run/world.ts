import type { Clock } from '../engines/native/ports.ts';
import type { Cluster } from '../kafka/open.ts';

/** One cluster with everything that a run may do to it. */
export type RunCluster = Omit<Cluster, 'close'>;

/** The clusters of a migration by name, and time. */
export interface RunWorld {
  readonly clusters: ReadonlyMap<string, RunCluster>;
  readonly clock: Clock;
}

/** The cluster of that name. A migration names no other, so that none missing is a broken invariant. */
export function clusterOf(world: RunWorld, name: string): RunCluster {
  const found = world.clusters.get(name);
  if (found === undefined) throw new Error(`cluster ${name} is not connected`);
  return found;
}
