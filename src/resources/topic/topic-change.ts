import type { TopicSnapshot } from '../../cluster/snapshot.ts';
import type { ChangeOf, TopicState } from '../../execution-plan/execution-plan.ts';
import type { DesiredTopic } from './desired-topic.ts';
import { liveTopicState } from './live-topic.ts';
import type { Reassignment } from './placement/reassignment.ts';
import { sameSetting } from './setting-values.ts';
import { settingsToOwn } from './settings-to-own.ts';

/**
 * What it takes from the live topic to the wanted one. kplan owns the settings that are wanted and no default gives, and
 * those that it applied before: a setting that it applied and that is wanted no more goes back to the default. A topic never loses partitions,
 * and its replication factor changes only with a reassignment; the rules report other wishes as errors.
 */
export function topicChange(
  desired: DesiredTopic,
  live: TopicSnapshot | undefined,
  applied: TopicState | undefined,
  reassignment?: Reassignment,
): ChangeOf<'topic'> {
  const { address, partitions, replicationFactor, reason } = desired;
  if (live === undefined) {
    const after = { partitions, replicationFactor, config: desired.config };
    return { address, kind: 'topic', action: 'create', before: null, after, reason };
  }
  const config = settingsToOwn(desired, live);
  const found = liveTopicState(live, [...Object.keys(config), ...ownedSettings(applied)]);
  const before = reassignment === undefined ? found : { ...found, replicas: reassignment.before };
  const after = {
    partitions: Math.max(partitions, before.partitions),
    replicationFactor: reassignment === undefined ? before.replicationFactor : replicationFactor,
    config: keepSpelling(before.config, (name) => config[name] ?? null),
    ...(live.topicId === undefined ? {} : { topicId: live.topicId }),
    ...(reassignment === undefined ? {} : { replicas: reassignment.after }),
  };
  const isSame = reassignment === undefined && sameTopic(before, after);
  return { address, kind: 'topic', action: isSame ? 'no-op' : 'update', before, after, reason };
}

/**
 * What somebody else changed since the last apply: applied against live. null: nothing, or nothing was applied.
 * `before` is what was applied, `after` what lives now; another topic of that name was made again.
 */
export function topicDrift(
  address: string,
  live: TopicSnapshot | undefined,
  applied: TopicState | undefined,
): ChangeOf<'topic'> | null {
  if (applied === undefined) return null;
  const reason = 'changed outside of kplan since the last apply';
  if (live === undefined) return { address, kind: 'topic', action: 'delete', before: applied, after: null, reason };
  const owned = ownedSettings(applied);
  const before = { ...applied, config: Object.fromEntries(owned.map((name) => [name, applied.config[name] ?? null])) };
  const found = liveTopicState(live, owned);
  const after = { ...found, config: keepSpelling(before.config, (name) => found.config[name] ?? null) };
  if (isAnother(live, applied)) {
    return {
      address,
      kind: 'topic',
      action: 'create',
      before,
      after,
      reason: 'deleted and made again outside of kplan',
    };
  }
  return sameTopic(before, after) ? null : { address, kind: 'topic', action: 'update', before, after, reason };
}

/** A topic of an applied one's name that is not the one that was applied, as far as ids tell. */
function isAnother(live: TopicSnapshot, applied: TopicState): boolean {
  return applied.topicId !== undefined && live.topicId !== undefined && applied.topicId !== live.topicId;
}

/** The settings that kplan owns on a topic by what it applied: one given back (null) is nobody's any more. */
export function ownedSettings(applied: TopicState | undefined): string[] {
  return Object.entries(applied?.config ?? {}).flatMap(([name, value]) => (value === null ? [] : [name]));
}

/** The same value in another spelling is no change: the one that stands is kept. */
function keepSpelling(standing: TopicState['config'], wanted: (name: string) => string | null): TopicState['config'] {
  return Object.fromEntries(
    Object.entries(standing).map(([name, value]) => {
      const other = wanted(name);
      return [name, sameSetting(name, value, other) ? value : other];
    }),
  );
}

function sameTopic(a: TopicState, b: TopicState): boolean {
  return (
    a.partitions === b.partitions &&
    a.replicationFactor === b.replicationFactor &&
    Object.entries(a.config).every(([name, value]) => b.config[name] === value)
  );
}
