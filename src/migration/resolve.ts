import { type TopicListing, topicsOf } from '../cluster/topic-listing.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { quotaAddress, topicAddress } from '../execution-plan/address.ts';
import type { Pointer } from '../plan-file/location.ts';
import type { Flow as FlowInFile, PlanFile } from '../plan-file/plan-file.generated.ts';
import { checkTargets } from './check-targets.ts';
import { matchTopics } from './match-topics.ts';
import type { DeclaredQuota, DeclaredTopic, Flow, Migration } from './migration.ts';
import type { Place } from './place.ts';
import { aclPointers, declaredAcls, resolveFlowAcls } from './resolve-acls.ts';
import { resolveCluster } from './resolve-cluster.ts';
import { resolveFlow } from './resolve-flow.ts';
import { resolveMembership } from './resolve-membership.ts';
import { resolveTopics } from './resolve-topic.ts';

export interface Resolution {
  readonly migration: Migration;
  readonly diagnostics: readonly Diagnostic[];
  /** Where the plan file speaks of a resource, by its address: a topic's mapping or declaration, else its flow. */
  readonly pointers: ReadonlyMap<string, Pointer>;
}

/**
 * A plan file with every default filled in and every pattern matched on the live topics. The plan file was checked
 * offline before. `place` gives diagnostics their line.
 */
export function resolveMigration(planFile: PlanFile, listing: TopicListing, place: Place): Resolution {
  const flows = (planFile.flows ?? []).map((flow, index) => resolveMembers(planFile, flow, index, listing, place));
  const migration: Migration = {
    name: planFile.name,
    ...(planFile.description === undefined ? {} : { description: planFile.description }),
    labels: planFile.labels ?? {},
    state: resolveState(planFile),
    clusters: Object.fromEntries(
      Object.entries(planFile.clusters).map(([name, connection]) => [name, resolveCluster(connection)]),
    ),
    flows: flows.map((one) => one.flow),
    topics: declaredTopics(planFile),
    ...absentTopicsOf(planFile),
    ...(planFile.quotas === undefined ? {} : { quotas: declaredQuotas(planFile) }),
    ...(planFile.acls === undefined ? {} : { acls: declaredAcls(planFile) }),
  };
  const declared = new Map(declaredPointers(planFile));
  const diagnostics = [
    ...flows.flatMap((one) => one.diagnostics),
    ...checkTargets(migration, listing, declared, place),
  ];
  const pointers = new Map([
    ...flows.flatMap((one) => one.pointers),
    ...declared,
    ...quotaPointers(planFile),
    ...aclPointers(planFile),
  ]);
  return { migration, diagnostics, pointers };
}

function resolveMembers(planFile: PlanFile, flow: FlowInFile, index: number, listing: TopicListing, place: Place) {
  const sources = topicsOf(listing, flow.source);
  const targets = topicsOf(listing, flow.target);
  const { members, diagnostics } = matchTopics(flow, index, sources, place);
  const defaults = planFile.defaults ?? {};
  const topics = resolveTopics(members, { flow, defaults }, sources, targets);
  const acls = resolveFlowAcls(flow.acls);
  const membership = resolveMembership(flow, planFile);
  const resolved: Flow = { ...resolveFlow(flow), topics, membership, ...(acls === undefined ? {} : { acls }) };
  const pointers = topics.map(({ source, target }): [string, Pointer] => {
    const mapping = members.get(source);
    const own = mapping === undefined ? [] : ['mappings', (flow.mappings ?? []).indexOf(mapping)];
    return [topicAddress(flow.target, target), ['flows', index, ...own]];
  });
  return { flow: resolved, diagnostics, pointers };
}

/** Where nothing is said, the only target there is; without flows, the only cluster for which something is declared. */
function resolveState(planFile: PlanFile): Migration['state'] {
  const targets = planFile.flows?.map((flow) => flow.target) ?? [];
  const declared = [planFile.topics, planFile.acls, planFile.quotas].flatMap((section) => Object.keys(section ?? {}));
  const candidates = [...targets, ...declared, ...Object.keys(planFile.clusters)];
  const { cluster, replicationFactor } = { cluster: candidates[0], ...planFile.state };
  if (cluster === undefined) throw new Error('a plan file has at least one cluster');
  return { cluster, ...(replicationFactor === undefined ? {} : { replicationFactor }) };
}

function declaredPointers(planFile: PlanFile): [string, Pointer][] {
  return Object.entries(planFile.topics ?? {}).flatMap(([cluster, topics]) =>
    topics.map((topic, index): [string, Pointer] => [topicAddress(cluster, topic.name), ['topics', cluster, index]]),
  );
}

function quotaPointers(planFile: PlanFile): [string, Pointer][] {
  return Object.entries(planFile.quotas ?? {}).flatMap(([cluster, quotas]) =>
    quotas.map(({ entity }, index): [string, Pointer] => [quotaAddress(cluster, entity), ['quotas', cluster, index]]),
  );
}

function declaredTopics(planFile: PlanFile): DeclaredTopic[] {
  return Object.entries(planFile.topics ?? {}).flatMap(([cluster, topics]) =>
    topics.flatMap((topic) => ('state' in topic ? [] : [{ cluster, ...topic, config: topic.config ?? {} }])),
  );
}

function absentTopicsOf(planFile: PlanFile): Pick<Migration, 'absentTopics'> {
  const absent = Object.entries(planFile.topics ?? {}).flatMap(([cluster, topics]) =>
    topics.flatMap((topic) => ('state' in topic ? [{ cluster, name: topic.name }] : [])),
  );
  return absent.length === 0 ? {} : { absentTopics: absent };
}

function declaredQuotas(planFile: PlanFile): DeclaredQuota[] {
  return Object.entries(planFile.quotas ?? {}).flatMap(([cluster, quotas]) =>
    quotas.map((quota) => ({ cluster, entity: quota.entity, limits: 'limits' in quota ? { ...quota.limits } : null })),
  );
}
