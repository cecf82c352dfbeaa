import type { Access } from '../../cluster/rights.ts';
import type { Flow, Migration } from '../../migration/migration.ts';
import { flowLease, leaseTransactionalId, positionsTopic, stateTopic } from '../../state/keys.ts';

/** What kplan itself must be allowed on a cluster to carry out the migration and to change its ACLs. */
export function ownAccesses(migration: Migration, cluster: string): readonly Access[] {
  return [...accesses(['alter', 'describe'], 'cluster', ['kafka-cluster']), ...workAccesses(migration, cluster)];
}

/** What it must be allowed whatever the plan changes. */
export function workAccesses(migration: Migration, cluster: string): readonly Access[] {
  const { name, flows, state, topics } = migration;
  const declared = topics.filter((topic) => topic.cluster === cluster).map((topic) => topic.name);
  return [
    ...(state.cluster === cluster ? stateAccesses(name, flows) : []),
    ...flows.filter((flow) => flow.source === cluster).flatMap(sourceAccesses),
    ...flows.filter((flow) => flow.target === cluster).flatMap((flow) => targetAccesses(name, flow)),
    ...accesses(['describe', 'describe-configs'], 'topic', declared),
  ];
}

/** The topics that kplan keeps for itself on a cluster, and makes where they are not there. */
export function ownTopics({ name, flows, state }: Migration, cluster: string): readonly string[] {
  return [
    ...(state.cluster === cluster ? [stateTopic(name)] : []),
    ...(flows.some((flow) => flow.target === cluster) ? [positionsTopic(name)] : []),
  ];
}

function stateAccesses(name: string, flows: readonly Flow[]): readonly Access[] {
  const leases = ['control' as const, ...flows.map((flow) => flowLease(flow.name))];
  return [
    ...accesses(['read', 'write', 'describe-configs'], 'topic', [stateTopic(name)]),
    ...accesses(
      ['write'],
      'transactional-id',
      leases.map((lease) => leaseTransactionalId(name, lease)),
    ),
  ];
}

function sourceAccesses({ topics, groupMembers = [] }: Flow): readonly Access[] {
  const names = topics.map((topic) => topic.source);
  return [...accesses(['read', 'describe-configs'], 'topic', names), ...accesses(['describe'], 'group', groupMembers)];
}

/**
 * The transactional ids of the mirror and of the groups are those of runner/engines/native/options.ts. A group's commits
 * are written with READ (TxnOffsetCommit), and removed with DELETE (OffsetDelete) where they are gone at the source.
 */
function targetAccesses(name: string, { name: flow, topics, groups, groupMembers = [] }: Flow): readonly Access[] {
  const names = topics.map((topic) => topic.target);
  return [
    ...accesses(['read', 'write', 'describe-configs'], 'topic', names),
    ...accesses(['read', 'write', 'describe-configs'], 'topic', [positionsTopic(name)]),
    ...accesses(['write'], 'transactional-id', [
      `kplan.${name}.${flow}`,
      ...(groups === undefined ? [] : [`kplan.${name}.${flow}.groups`]),
    ]),
    ...accesses(['read', 'delete'], 'group', groupMembers),
  ];
}

function accesses(operations: readonly string[], type: string, names: readonly string[]): readonly Access[] {
  return names.flatMap((name) => operations.map((operation) => ({ operation, type, name })));
}
