import { type TopicListing, topicsOf } from '../cluster/topic-listing.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { topicAddress } from '../execution-plan/address.ts';
import type { Pointer } from '../plan-file/location.ts';
import type { Migration } from './migration.ts';
import type { Place } from './place.ts';

/** Kafka's own limit (org.apache.kafka.common.internals.Topic). */
const topicNameLengthMax = 249;

interface Wanted {
  readonly cluster: string;
  readonly topic: string;
  /** Who wants it, as the subject of a sentence. */
  readonly by: string;
  readonly pointer: Pointer;
}

/**
 * Mistakes that show once live names are known: impossible names, two wishes for one topic, names that Kafka refuses.
 * `declared` has the place of each declared topic, by address.
 */
export function checkTargets(
  migration: Migration,
  listing: TopicListing,
  declared: ReadonlyMap<string, Pointer>,
  place: Place,
): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const byTopic = new Map<string, Wanted>();
  const byMetricName = liveMetricNames(listing);
  for (const wanted of wantedTopics(migration, declared)) {
    const { cluster, topic } = wanted;
    const address = topicAddress(cluster, topic);
    const earlier = byTopic.get(address);
    byTopic.set(address, wanted);
    if (earlier !== undefined) {
      const summary = `${wanted.by} and ${earlier.by} both want topic ${topic} of ${cluster}.`;
      diagnostics.push(diagnostic('KP2002', { address, summary, ...place(wanted.pointer) }));
    }
    const problem = nameProblem(topic);
    if (problem !== undefined) {
      const summary = `${wanted.by} would make topic "${topic}" on ${cluster}: ${problem}.`;
      diagnostics.push(diagnostic('KP2008', { summary, ...place(wanted.pointer) }));
    }
    const metric = metricName(cluster, topic);
    const rival = byMetricName.get(metric);
    byMetricName.set(metric, topic);
    const isThere = topicsOf(listing, cluster).has(topic);
    if (!isThere && rival !== undefined && rival !== topic) {
      const summary = `Topic ${topic} of ${cluster} collides with ${rival}: they differ only by "." and "_".`;
      diagnostics.push(diagnostic('KP2009', { address, summary, ...place(wanted.pointer) }));
    }
  }
  return [...diagnostics, ...topicsGoingRound(migration, place)];
}

/** A topic that a flow makes at its target and another flow would carry back to where it came from. */
function topicsGoingRound(migration: Migration, place: Place): Diagnostic[] {
  return migration.flows.flatMap((flow, index) => {
    const back = migration.flows.filter((other) => other.source === flow.target && other.target === flow.source);
    const carried = new Set(back.flatMap((other) => other.topics.map((topic) => topic.source)));
    const round = flow.topics.filter((topic) => carried.has(topic.target)).map((topic) => topic.target);
    if (round.length === 0) return [];
    const summary = `Topic ${round[0]} of ${flow.target} would be mirrored back to ${flow.source}, where flow ${flow.name} has it from.`;
    return [diagnostic('KP1213', { summary, ...place(['flows', index]) })];
  });
}

function wantedTopics(migration: Migration, declared: ReadonlyMap<string, Pointer>): Wanted[] {
  return [
    ...migration.flows.flatMap((flow, index) =>
      flow.topics.map((topic) => ({
        cluster: flow.target,
        topic: topic.target,
        by: `${topic.source} of ${flow.source} (flow ${flow.name})`,
        pointer: ['flows', index],
      })),
    ),
    ...migration.topics.map((topic) => ({
      cluster: topic.cluster,
      topic: topic.name,
      by: `topics.${topic.cluster}`,
      pointer: declared.get(topicAddress(topic.cluster, topic.name)) ?? ['topics', topic.cluster],
    })),
  ];
}

function nameProblem(name: string): string | undefined {
  if (name.length > topicNameLengthMax)
    return `${name.length} characters are more than the ${topicNameLengthMax} allowed`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return 'only letters, digits, ".", "_" and "-" are allowed';
  return name === '.' || name === '..' ? 'this name is reserved' : undefined;
}

/** Kafka names a topic's metrics with "_" for ".", and refuses a new topic whose metrics would get another's names. */
function metricName(cluster: string, topic: string): string {
  return `${cluster}/${topic.replaceAll('.', '_')}`;
}

function liveMetricNames(listing: TopicListing): Map<string, string> {
  const names = new Map<string, string>();
  for (const [cluster, topics] of listing) {
    for (const topic of topics.keys()) names.set(metricName(cluster, topic), topic);
  }
  return names;
}
