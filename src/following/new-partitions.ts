import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { flowAddress } from '../execution-plan/address.ts';
import type { Flow, MirroredTopic } from '../migration/migration.ts';

/** How many partitions topics have now; those that the cluster did not tell of are absent. */
export type PartitionCounts = ReadonlyMap<string, number>;

/**
 * The flow with the source partitions that came after its plan was made, as far as there is a place for their records: the
 * target's partition of the same number, or by key any.
 */
export function withNewPartitions(
  flow: Flow,
  now: { readonly source: PartitionCounts; readonly target: PartitionCounts },
): Flow {
  const grown = (topic: MirroredTopic): MirroredTopic => {
    const there = now.source.get(topic.source) ?? 0;
    const places = topic.byKey === undefined ? (now.target.get(topic.target) ?? 0) : there;
    return { ...topic, sourcePartitions: Math.max(topic.sourcePartitions, Math.min(there, places)) };
  };
  return { ...flow, topics: flow.topics.map(grown) };
}

/** Topics that the diagnostic names before it only counts. */
const namesMax = 5;

/** What the source has by now that the flow does not mirror; null: nothing. */
export function tellNotMirrored({ name, source, topics }: Flow, now: PartitionCounts): Diagnostic | null {
  const short = topics.flatMap(({ source: topic, sourcePartitions }) => {
    const there = now.get(topic) ?? 0;
    return there > sourcePartitions ? [`${topic} (${sourcePartitions} of ${there} partitions)`] : [];
  });
  if (short.length === 0) return null;
  const more = short.length > namesMax ? ` and ${short.length - namesMax} more` : '';
  const summary = `Flow ${name} mirrors only a part of topics that have more partitions on ${source} by now: ${short.slice(0, namesMax).join(', ')}${more}.`;
  return diagnostic('KP4019', { address: flowAddress(name), summary });
}
