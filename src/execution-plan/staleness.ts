import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { staleAcl } from '../resources/acl/acl-staleness.ts';
import { sameDefinition } from '../resources/flow/flow-change.ts';
import { staleQuota } from '../resources/quota/quota-staleness.ts';
import { liveTopicState } from '../resources/topic/live-topic.ts';
import { sameSetting } from '../resources/topic/setting-values.ts';
import type { StateSnapshot } from '../state/records.ts';
import { parseAddress } from './address.ts';
import { appliedFlow } from './applied.ts';
import type { Change, ChangeOf, ExecutionPlan, TopicState } from './execution-plan.ts';
import { staleSources } from './stale-sources.ts';

/** One thing that is no longer as the plan saw it. */
export interface StaleDifference {
  /** A resource's address, `cluster/<name>` or `plan-file`. */
  readonly address: string;
  /** `partitions`, `replicationFactor`, a setting's name, ...; absent where it is about the whole. */
  readonly field?: string;
  readonly planned: string;
  readonly found: string;
}

export interface StalenessInput {
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
  /** Of the plan file as it stands at its path now; undefined where there is none, which is no difference. */
  readonly planFileSha256?: string | undefined;
  /** Whether the journal has begun this plan's digest: then each field may stand anywhere up to its `after`. */
  readonly begun: boolean;
}

/** Whether a step of this very plan was begun by an earlier apply. */
export function hasBegun(plan: ExecutionPlan, state: StateSnapshot): boolean {
  return [...state.journal.values()].some((entry) => entry.digest === plan.digest);
}

/** What moved since the plan was made; empty: the plan may be applied. Pure: live values come with the input. */
export function staleness(plan: ExecutionPlan, input: StalenessInput): readonly StaleDifference[] {
  return [
    ...stalePlanFile(plan, input.planFileSha256),
    ...staleClusters(plan, input.snapshots),
    ...plan.changes.flatMap((change) => staleChange(change, input)),
    ...staleSources(plan, input.snapshots),
  ];
}

function stalePlanFile(plan: ExecutionPlan, found: string | undefined): StaleDifference[] {
  if (found === undefined || found === plan.source.sha256) return [];
  return [
    { address: 'plan-file', field: 'sha256', planned: plan.source.sha256.slice(0, 12), found: found.slice(0, 12) },
  ];
}

function staleClusters(plan: ExecutionPlan, snapshots: StalenessInput['snapshots']): StaleDifference[] {
  return Object.entries(plan.clusters).flatMap(([name, planned]) => {
    const found = snapshots.get(name)?.clusterId ?? 'not read';
    return found === planned.clusterId
      ? []
      : [{ address: `cluster/${name}`, field: 'clusterId', planned: planned.clusterId, found }];
  });
}

function staleChange(change: Change, input: StalenessInput): StaleDifference[] {
  if (change.kind === 'acl') return staleAcl(change, input.snapshots, input.begun);
  if (change.kind === 'quota') return staleQuota(change, input.snapshots, input.begun);
  return change.kind === 'topic' ? staleTopic(change, input) : staleFlow(change, input);
}

function staleFlow(change: ChangeOf<'flow'>, { state, begun }: StalenessInput): StaleDifference[] {
  const live = appliedFlow(state, change.address) ?? null;
  const allowed = begun ? [change.before, change.after] : [change.before];
  if (allowed.some((one) => sameDefinition(one, live))) return [];
  const planned = change.before === null ? 'not there' : 'there';
  const found = live === null ? 'not there' : change.before === null ? 'there' : 'there with another definition';
  return [{ address: change.address, planned, found }];
}

function staleTopic(change: ChangeOf<'topic'>, { snapshots, begun }: StalenessInput): StaleDifference[] {
  const { address, before, after } = change;
  const parsed = parseAddress(address);
  const owned = [...new Set([...Object.keys(before?.config ?? {}), ...Object.keys(after?.config ?? {})])];
  const topic = parsed?.kind === 'topic' ? snapshots.get(parsed.cluster)?.topics.get(parsed.name) : undefined;
  const live = topic === undefined ? null : liveTopicState(topic, owned);
  if (before === null) {
    if (live === null) return [];
    if (!begun || after === null) return [{ address, planned: 'not there', found: 'there' }];
    return differences(address, live, [after]);
  }
  if (live === null) return begun && after === null ? [] : [{ address, planned: 'there', found: 'not there' }];
  if (before.topicId !== topic?.topicId && before.topicId !== undefined) {
    return [
      { address, planned: `the topic with id ${before.topicId}`, found: `one with id ${topic?.topicId ?? 'unknown'}` },
    ];
  }
  return differences(address, live, begun && after !== null ? [before, after] : [before]);
}

/** Field by field: each must stand as in one of the states allowed. */
function differences(address: string, live: TopicState, allowed: readonly TopicState[]): StaleDifference[] {
  const found: StaleDifference[] = [];
  for (const field of ['partitions', 'replicationFactor'] as const) {
    if (allowed.some((state) => state[field] === live[field])) continue;
    found.push({ address, field, planned: String(allowed[0]?.[field]), found: String(live[field]) });
  }
  for (const [name, value] of Object.entries(live.config)) {
    if (allowed.some((state) => sameSetting(name, state.config[name] ?? null, value))) continue;
    found.push({ address, field: name, planned: shown(allowed[0]?.config[name]), found: shown(value) });
  }
  return found;
}

function shown(value: string | null | undefined): string {
  return value ?? 'default';
}
