import type { TopicSnapshot } from '../cluster/snapshot.ts';
import { targetName } from '../plan-file/exact-topics.ts';
import type { Flow as FlowInFile, Mapping, Partitions, TopicDefaults } from '../plan-file/plan-file.generated.ts';
import { replicationFactorOf } from '../resources/topic/live-topic.ts';
import { keyHashOf } from './key-hash.ts';
import type { ConfigRules, MirroredTopic } from './migration.ts';

interface TopicRules {
  readonly flow: FlowInFile;
  readonly defaults: TopicDefaults;
  readonly mapping: Mapping | undefined;
}

type Topics = ReadonlyMap<string, TopicSnapshot>;

/** The members of a flow; a name that the source does not have is none. Those without a mapping share their rules. */
export function resolveTopics(
  members: ReadonlyMap<string, Mapping | undefined>,
  rules: Omit<TopicRules, 'mapping'>,
  sources: Topics,
  targets: Topics,
): MirroredTopic[] {
  const unmapped = configRules(rules.defaults, undefined);
  return [...members].flatMap(([name, mapping]) => {
    const source = sources.get(name);
    if (source === undefined) return [];
    const config = mapping === undefined ? unmapped : configRules(rules.defaults, mapping);
    return [resolveTopic(source, { ...rules, mapping }, targets, config)];
  });
}

/** A member of a flow with the mapping's word before the defaults'; only `config.set` is merged, key by key. */
function resolveTopic(source: TopicSnapshot, rules: TopicRules, targets: Topics, config: ConfigRules): MirroredTopic {
  const { flow, defaults, mapping } = rules;
  const target = mapping?.target ?? targetName(flow, source.name);
  const factor = mapping?.replicationFactor ?? defaults.replicationFactor ?? 'source';
  const byKey = mapping === undefined ? undefined : keyHashOf(mapping);
  const wanted = mapping?.partitions ?? defaults.partitions ?? 'source';
  const there = targets.get(target)?.partitions.length ?? 0;
  return {
    source: source.name,
    target,
    ...(source.topicId === undefined ? {} : { sourceTopicId: source.topicId }),
    sourcePartitions: source.partitions.length,
    partitions: partitionsOf(wanted, byKey !== undefined && there > 0 ? there : source.partitions.length, there),
    replicationFactor: factor === 'source' ? replicationFactorOf(source) : factor,
    config,
    ...(byKey === undefined ? {} : { byKey }),
  };
}

/**
 * `{ atLeast }` leaves a target topic that has more partitions already as it is. By key the target's count does not follow
 * the source's once the topic is there: its keys would move.
 */
function partitionsOf(wanted: Partitions, source: number, there: number): number {
  if (wanted === 'source') return source;
  return typeof wanted === 'number' ? wanted : Math.max(wanted.atLeast, source, there);
}

function configRules(defaults: TopicDefaults, mapping: Mapping | undefined): ConfigRules {
  return {
    inherit: mapping?.config?.inherit ?? defaults.config?.inherit ?? 'effective',
    exclude: mapping?.config?.exclude ?? defaults.config?.exclude ?? [],
    set: { ...defaults.config?.set, ...mapping?.config?.set },
  };
}
