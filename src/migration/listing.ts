import type { TopicSnapshot } from '../cluster/snapshot.ts';

/** Every topic of every cluster by name, with partitions and placement; settings are not needed to match. */
export type Listing = ReadonlyMap<string, ReadonlyMap<string, TopicSnapshot>>;

/** A cluster that was not read has no topics. */
export function topicsOf(listing: Listing, cluster: string): ReadonlyMap<string, TopicSnapshot> {
  return listing.get(cluster) ?? new Map();
}
