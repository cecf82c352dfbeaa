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
      ? { change: absentChange(address, topic, live), recordsMax: live?.recordsMax }
      : { finding: { ...refusal, address, topic: topic.name } };
  });
  const changes = found.flatMap(({ change }) => (change === undefined ? [] : [change]));
  const deletions = found.flatMap(({ change, recordsMax }) =>
    change?.action === 'delete' ? [{ change, recordsMax }] : [],
  );
  return {
    changes,
    findings: found.flatMap(({ finding }) => (finding === undefined ? [] : [finding])),
    diagnostics: deletionWarning(deletions),
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
  const before = liveTopicState(live, own);
  return { address, kind: 'topic', action: 'delete', before, after: null, reason };
}

/** How many topics the warning names before it counts the rest. */
const namedMax = 10;

interface Deletion {
  readonly change: ChangeOf<'topic'>;
  /** Undefined where the cluster did not tell. */
  readonly recordsMax: bigint | undefined;
}

/** One for all deletions of a plan: it stands above the changes. */
function deletionWarning(deletions: readonly Deletion[]): Diagnostic[] {
  const [first] = deletions;
  if (first === undefined) return [];
  const size = sizeOf(deletions);
  if (deletions.length === 1) {
    const { address } = first.change;
    return [diagnostic('KP2202', { address, summary: `${address} is deleted: ${size}.` })];
  }
  const names = deletions.slice(0, namedMax).map(({ change }) => change.address);
  const more = deletions.length > namedMax ? `, and ${deletions.length - namedMax} more` : '';
  const summary = `${deletions.length} topics are deleted: ${size}.`;
  return [diagnostic('KP2202', { summary, detail: `${names.join(', ')}${more}` })];
}

/** Markers of transactions and what was compacted count too: no topic has more records than that. */
function sizeOf(deletions: readonly Deletion[]): string {
  const partitions = deletions.reduce((sum, { change }) => sum + (change.before?.partitions ?? 0), 0);
  const size = partitions === 1 ? '1 partition' : `${partitions.toLocaleString('en-US')} partitions`;
  let records = 0n;
  for (const { recordsMax } of deletions) {
    if (recordsMax === undefined) return `${size}, and every record in ${partitions === 1 ? 'it' : 'them'}`;
    records += recordsMax;
  }
  if (records === 0n) return `${size}, without records`;
  return `${size} with ${records === 1n ? '1 record' : `up to ${records.toLocaleString('en-US')} records`}`;
}
