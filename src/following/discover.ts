import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { type Diagnostic, diagnostic, hasErrors } from '../diagnostics/diagnostic.ts';
import { flowAddress, topicAddress } from '../execution-plan/address.ts';
import { appliedTopic } from '../execution-plan/applied.ts';
import { compile } from '../execution-plan/compile.ts';
import { createExecutionPlan } from '../execution-plan/create-execution-plan.ts';
import type { Change, ChangeOf, ExecutionPlan } from '../execution-plan/execution-plan.ts';
import type { Flow, Migration, MirroredTopic } from '../migration/migration.ts';
import { rematchFlow } from '../migration/resolve-membership.ts';
import type { StateSnapshot } from '../state/records.ts';

export interface DiscoverInput {
  /** The flow with the members that are mirrored now. */
  readonly flow: Flow;
  /** The plan under which the flow is followed. */
  readonly plan: ExecutionPlan;
  /** Of the flow's source and target, with the settings of `discoveryMigration`. */
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
  readonly createdAt: string;
  /** Addresses of changes that the target refuses: they are left out, and what needs them. */
  readonly refused?: ReadonlySet<string>;
}

export interface Discovery {
  /** What has to be made or altered on the target first; null: nothing. */
  readonly plan: ExecutionPlan | null;
  /** The flow once that is done. The same members as before, where nothing new is mirrored. */
  readonly flow: Flow;
  /** Each is worth telling once. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * What changed at the source of a flow that is followed: topics and partitions that match and are new (mirrored or told, as
 * `discover` says), and settings that come along by the plan's rules. What others changed at the target is left to `drift`.
 */
export function discover(input: DiscoverInput): Discovery {
  const { flow, plan, snapshots, state, createdAt, refused = [] } = input;
  const { migration, newcomers } = discoveryMigration(flow, plan.migration, snapshots);
  const { policies = {} } = flow.membership ?? {};
  const compiled = compile({ migration, snapshots, state, policies });
  const faulty = new Set([
    ...refused,
    ...compiled.diagnostics.flatMap((one) => (hasErrors([one]) ? [one.address ?? ''] : [])),
  ]);
  const changes = compiled.changes.filter((change) => comesAlong(change, state) && !faulty.has(change.address));
  const members = migration.flows[0]?.topics ?? [];
  const taken = members.filter(
    (member) => !newcomers.includes(member) || !faulty.has(topicAddress(flow.target, member.target)),
  );
  const wanted = flow.membership?.discover === 'mirror' ? newcomers : [];
  const addresses = new Set(wanted.map((member) => topicAddress(flow.target, member.target)));
  return {
    plan: changes.length === 0 ? null : planOf(plan, migration, snapshots, changes, createdAt),
    flow: { ...flow, topics: keepUntaken(flow, taken) },
    diagnostics: [
      ...newcomers.map((member) => told(flow, member)),
      ...compiled.diagnostics.filter((one) => hasErrors([one]) && addresses.has(one.address ?? '')),
    ],
  };
}

/** The flow alone, with the members that it should have; and those of them that are new, or have new partitions. */
export function discoveryMigration(
  flow: Flow,
  migration: Migration,
  snapshots: ReadonlyMap<string, Pick<ClusterSnapshot, 'topics'>>,
): { readonly migration: Migration; readonly newcomers: readonly MirroredTopic[] } {
  const matched = rematchFlow(flow, new Map([...snapshots].map(([name, { topics }]) => [name, topics])));
  const known = new Map(flow.topics.map((topic) => [topic.source, topic]));
  const newcomers = matched.topics.filter((topic) => topic.sourcePartitions > partitionsOf(known.get(topic.source)));
  const topics = flow.membership?.discover === 'mirror' ? merged(flow.topics, newcomers) : flow.topics;
  const { groups: _groups, acls: _acls, groupMembers: _members, groupProgress: _progress, ...bare } = flow;
  const { name, labels, state, clusters } = migration;
  return { migration: { name, labels, state, clusters, topics: [], flows: [{ ...bare, topics }] }, newcomers };
}

function partitionsOf(topic: MirroredTopic | undefined): number {
  return topic?.sourcePartitions ?? 0;
}

/** A member whose topic is gone stays: the mirror tells the loss. */
function merged(members: readonly MirroredTopic[], newcomers: readonly MirroredTopic[]): readonly MirroredTopic[] {
  const all = new Map([...members, ...newcomers].map((topic) => [topic.source, topic]));
  return [...all.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}

/** A member whose growth can not be carried out goes on as it was. */
function keepUntaken(flow: Flow, taken: readonly MirroredTopic[]): readonly MirroredTopic[] {
  const names = new Set(taken.map((topic) => topic.source));
  return [...taken, ...flow.topics.filter((topic) => !names.has(topic.source))].sort((a, b) =>
    a.source < b.source ? -1 : 1,
  );
}

/** A difference to what was applied last came from the source; one that only stands at the target is drift. */
function comesAlong(change: Change, state: StateSnapshot): change is ChangeOf<'topic'> {
  if (change.kind !== 'topic' || change.action === 'no-op' || change.after === null) return false;
  const { address, before, after } = change;
  if (before === null || after.partitions > before.partitions) return true;
  const applied = appliedTopic(state, address)?.config ?? {};
  return Object.entries(after.config).some(
    ([name, value]) => value !== (before.config[name] ?? null) && value !== (applied[name] ?? null),
  );
}

function planOf(
  { source, clusters }: ExecutionPlan,
  migration: Migration,
  snapshots: DiscoverInput['snapshots'],
  changes: readonly Change[],
  createdAt: string,
): ExecutionPlan {
  const asked = Object.fromEntries(Object.entries(clusters).filter(([name]) => snapshots.has(name)));
  return createExecutionPlan({ createdAt, source, migration, clusters: asked, changes, drift: [], diagnostics: [] });
}

function told(flow: Flow, member: MirroredTopic): Diagnostic {
  const { source, target, sourcePartitions } = member;
  const before = partitionsOf(flow.topics.find((topic) => topic.source === source));
  const what =
    before === 0 ? `Topic ${source}` : `Topic ${source} with ${sourcePartitions} partitions, ${before} before,`;
  const address = flowAddress(flow.name);
  if (flow.membership?.discover === 'mirror') {
    const summary = `${what} appeared on ${flow.source}; it is mirrored to ${target}.`;
    return diagnostic('KP4020', { address, summary });
  }
  return diagnostic('KP4019', { address, summary: `${what} appeared on ${flow.source}; it is not mirrored.` });
}
