import type { Flow, Migration } from '../../migration/migration.ts';
import { flowLease, leaseTransactionalId, positionsTopic, stateTopic } from '../../state/keys.ts';
import type { Access } from './authorize.ts';

/** What kplan itself must be allowed on a cluster to carry out the migration. */
export function ownAccesses(migration: Migration, cluster: string): readonly Access[] {
  const { name, flows, state, topics } = migration;
  const declared = topics.filter((topic) => topic.cluster === cluster).map((topic) => topic.name);
  return [
    ...accesses(['alter', 'describe'], 'cluster', ['kafka-cluster']),
    ...(state.cluster === cluster ? stateAccesses(name, flows) : []),
    ...flows.filter((flow) => flow.source === cluster).flatMap(sourceAccesses),
    ...flows.filter((flow) => flow.target === cluster).flatMap((flow) => targetAccesses(name, flow)),
    ...accesses(['describe', 'describe-configs'], 'topic', declared),
  ];
}

function stateAccesses(name: string, flows: readonly Flow[]): readonly Access[] {
  const leases = ['control' as const, ...flows.map((flow) => flowLease(flow.name))];
  return [
    ...accesses(['read', 'write'], 'topic', [stateTopic(name)]),
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

/** The mirror's transactional id is that of runner/engines/native/options.ts. */
function targetAccesses(name: string, { name: flow, topics, groupMembers = [] }: Flow): readonly Access[] {
  const names = topics.map((topic) => topic.target);
  return [
    ...accesses(['read', 'write', 'describe-configs'], 'topic', names),
    ...accesses(['read', 'write'], 'topic', [positionsTopic(name)]),
    ...accesses(['write'], 'transactional-id', [`kplan.${name}.${flow}`]),
    ...accesses(['read'], 'group', groupMembers),
  ];
}

function accesses(operations: readonly string[], type: string, names: readonly string[]): readonly Access[] {
  return names.flatMap((name) => operations.map((operation) => ({ operation, type, name })));
}
