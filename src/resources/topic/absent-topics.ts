import type { ClusterSnapshot, TopicSnapshot } from '../../cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { topicAddress } from '../../execution-plan/address.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import type { AbsentTopic, Migration } from '../../migration/migration.ts';
import type { Finding } from './finding.ts';
import { liveTopicState } from './live-topic.ts';

/** The part of `policies` that says whether a topic may be deleted; absent: it may not. */
export interface DeletePolicy {
  readonly deleteTopics?: 'forbid' | 'allow';
}

export interface AbsentTopics {
  readonly changes: readonly ChangeOf<'topic'>[];
  readonly findings: readonly Finding[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Topics that must be absent: deleted where they are there and may be. Never deleted: what a flow mirrors from or into,
 * what belongs to the brokers or to kplan, and anything at all unless the policy allows it.
 */
export function absentTopics(
  migration: Migration,
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
  policy: DeletePolicy,
): AbsentTopics {
  const inFlows = topicsOfFlows(migration);
  const found = (migration.absentTopics ?? []).map((topic) => {
    const address = topicAddress(topic.cluster, topic.name);
    const live = snapshots.get(topic.cluster)?.topics.get(topic.name);
    const refusal = refusalOf(topic.name, live, inFlows.get(address), policy);
    return refusal === undefined
      ? { change: absentChange(address, topic, live) }
      : { finding: { ...refusal, address, topic: topic.name } };
  });
  const changes = found.flatMap(({ change }) => (change === undefined ? [] : [change]));
  return {
    changes,
    findings: found.flatMap(({ finding }) => (finding === undefined ? [] : [finding])),
    diagnostics: deletionWarning(changes.filter((change) => change.action === 'delete')),
  };
}

/** Why a topic by this address is part of a flow, as the rest of a sentence. */
function topicsOfFlows({ flows }: Migration): ReadonlyMap<string, string> {
  return new Map(
    flows.flatMap((flow) =>
      flow.topics.flatMap((topic): [string, string][] => [
        [topicAddress(flow.source, topic.source), `flow ${flow.name} mirrors from it`],
        [topicAddress(flow.target, topic.target), `flow ${flow.name} mirrors into it`],
      ]),
    ),
  );
}

function refusalOf(
  name: string,
  live: TopicSnapshot | undefined,
  inFlow: string | undefined,
  { deleteTopics = 'forbid' }: DeletePolicy,
): Pick<Finding, 'code' | 'says'> | undefined {
  if (inFlow !== undefined) return { code: 'KP2201', says: `must be absent, and ${inFlow}` };
  if (live === undefined) return undefined;
  if (live.internal || name.startsWith('__')) {
    return { code: 'KP2204', says: 'internal topics are never deleted' };
  }
  if (deleteTopics === 'forbid') {
    return { code: 'KP2203', says: 'must be absent, and policies.deleteTopics does not allow to delete it' };
  }
  return undefined;
}

/** `before` holds all that the topic sets itself, and which topic of that name it is. */
function absentChange(address: string, topic: AbsentTopic, live: TopicSnapshot | undefined): ChangeOf<'topic'> {
  const reason = `state: absent under topics.${topic.cluster}`;
  if (live === undefined) return { address, kind: 'topic', action: 'no-op', before: null, after: null, reason };
  const own = [...(live.settings ?? [])].flatMap(([name, setting]) => (setting.source === 'topic' ? [name] : []));
  const { topicId } = live;
  const before = { ...liveTopicState(live, own), ...(topicId === undefined ? {} : { topicId }) };
  return { address, kind: 'topic', action: 'delete', before, after: null, reason };
}

/** How many topics the warning names before it counts the rest. */
const namedMax = 10;

/** One for all deletions of a plan: it stands above the changes. */
function deletionWarning(deletions: readonly ChangeOf<'topic'>[]): Diagnostic[] {
  const [first] = deletions;
  if (first === undefined) return [];
  const partitions = deletions.reduce((sum, change) => sum + (change.before?.partitions ?? 0), 0);
  const size = `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
  if (deletions.length === 1) {
    const { address } = first;
    return [diagnostic('KP2202', { address, summary: `${address} is deleted: ${size}, and every record in it.` })];
  }
  const names = deletions.slice(0, namedMax).map((change) => change.address);
  const more = deletions.length > namedMax ? `, and ${deletions.length - namedMax} more` : '';
  const summary = `${deletions.length} topics are deleted: ${size}, and every record in them.`;
  return [diagnostic('KP2202', { summary, detail: `${names.join(', ')}${more}` })];
}
