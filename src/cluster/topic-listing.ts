import type { TopicSnapshot } from './snapshot.ts';

/** Every topic of every cluster by name, with partitions and placement, before any settings are read. */
export type TopicListing = ReadonlyMap<string, ReadonlyMap<string, TopicSnapshot>>;

/** A cluster that was not read has no topics. */
export function topicsOf(listing: TopicListing, cluster: string): ReadonlyMap<string, TopicSnapshot> {
  return listing.get(cluster) ?? new Map();
}
