import type { ClusterSnapshot, Setting, TopicSnapshot } from '../../../src/cluster/snapshot.ts';
import { parseAddress } from '../../../src/execution-plan/address.ts';
import { adoptions } from '../../../src/execution-plan/adopt.ts';
import type { ChangeOf, ExecutionPlan, TopicState } from '../../../src/execution-plan/execution-plan.ts';
import { entityKey, liveQuota } from '../../../src/resources/quota/live-quota.ts';
import type { StateSnapshot } from '../../../src/state/records.ts';
import { stateOf } from './plan-case.ts';

export interface World {
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
}

/** What the clusters and the state look like once all changes of a plan are made, without any broker. */
export function afterApply(plan: ExecutionPlan, world: World): World {
  const snapshots = new Map(world.snapshots);
  for (const change of plan.changes) {
    if (change.kind === 'topic') changeTopic(change, snapshots);
    if (change.kind === 'quota') changeQuota(change, snapshots);
  }
  const stored = new Map([...world.state.applied].map(([address, record]) => [address, record.state]));
  const changed = plan.changes.map(({ address, after: state }) => ({ address, state }));
  for (const { address, state } of [...adoptions(plan, world), ...changed]) {
    if (state === null) stored.delete(address);
    else stored.set(address, state);
  }
  return { snapshots, state: stateOf(Object.fromEntries(stored)) };
}

/** Limits that the change does not speak of stay; an entity without limits is gone. */
function changeQuota({ address, before, after }: ChangeOf<'quota'>, snapshots: Map<string, ClusterSnapshot>): void {
  const parsed = parseAddress(address);
  const cluster = parsed?.kind === 'quota' ? snapshots.get(parsed.cluster) : undefined;
  const entity = (before ?? after)?.entity;
  if (cluster === undefined || entity === undefined) throw new Error(`${address} is not changed like this`);
  const altered = { ...before?.limits, ...after?.limits };
  const limits: Record<string, number> = { ...liveQuota(cluster, entity)?.limits };
  for (const name of Object.keys(altered)) {
    const value = after?.limits[name] ?? null;
    if (value === null) delete limits[name];
    else limits[name] = value;
  }
  const others = (cluster.quotas ?? []).filter((one) => entityKey(one.entity) !== entityKey(entity));
  const quotas = Object.keys(limits).length === 0 ? others : [...others, { entity, limits }];
  snapshots.set(cluster.name, { ...cluster, quotas });
}

function changeTopic({ address, after }: ChangeOf<'topic'>, snapshots: Map<string, ClusterSnapshot>): void {
  const parsed = parseAddress(address);
  if (parsed?.kind !== 'topic') throw new Error(`${address} is not changed like this`);
  const cluster = snapshots.get(parsed.cluster);
  if (cluster === undefined) throw new Error(`no cluster ${parsed.cluster}`);
  if (after === null) {
    const others = [...cluster.topics].filter(([name]) => name !== parsed.name);
    snapshots.set(parsed.cluster, { ...cluster, topics: new Map(others) });
    return;
  }
  const topic = changedTopic(parsed.name, cluster.topics.get(parsed.name), after, cluster);
  snapshots.set(parsed.cluster, { ...cluster, topics: new Map([...cluster.topics, [parsed.name, topic]]) });
}

function changedTopic(
  name: string,
  live: TopicSnapshot | undefined,
  after: TopicState,
  cluster: ClusterSnapshot,
): TopicSnapshot {
  const settings = new Map<string, Setting>(live?.settings ?? cluster.newTopicSettings);
  for (const [setting, value] of Object.entries(after.config)) {
    const known = settings.get(setting);
    const inherited = known?.inherited ?? (known?.source === 'topic' ? undefined : known);
    const parts = inherited === undefined ? {} : { inherited: { value: inherited.value, source: inherited.source } };
    if (value !== null) settings.set(setting, { value, source: 'topic', ...parts });
    else if (inherited === undefined) settings.delete(setting);
    else settings.set(setting, inherited);
  }
  const replicas = cluster.brokers.slice(0, after.replicationFactor).map((broker) => broker.id);
  const partitions = Array.from({ length: after.partitions }, (_, partition) => ({
    partition,
    leader: replicas[0] ?? -1,
    replicas,
    inSyncReplicas: replicas,
  }));
  return { name, internal: false, partitions, settings };
}
