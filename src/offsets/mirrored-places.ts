import type { Flow } from '../migration/migration.ts';
import type { Direction } from './question.ts';

/** Partitions of the flow on the side where offsets are given: how many, by topic. Those are the ones that it mirrors. */
export function mirroredPlaces(flow: Pick<Flow, 'topics'>, direction: Direction): ReadonlyMap<string, number> {
  return new Map(
    flow.topics.map(({ source, target, sourcePartitions, partitions, byKey }) =>
      direction === 'to-target'
        ? [source, sourcePartitions]
        : [target, byKey === undefined ? sourcePartitions : partitions],
    ),
  );
}
