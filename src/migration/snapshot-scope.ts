import type { ProgressWanted, SnapshotScope } from '../cluster/take-snapshot.ts';
import { matchGroups } from './match-groups.ts';
import type { Migration } from './migration.ts';

/** What must be compared before a migration is applied: the settings of its topics and the groups, on both sides. */
export function snapshotScope(migration: Migration): SnapshotScope {
  const settingsOf = new Map<string, Set<string>>();
  const add = (cluster: string, topic: string) => {
    const topics = settingsOf.get(cluster) ?? new Set();
    settingsOf.set(cluster, topics.add(topic));
  };
  for (const flow of migration.flows) {
    for (const topic of flow.topics) {
      add(flow.source, topic.source);
      add(flow.target, topic.target);
    }
  }
  for (const topic of [...migration.topics, ...(migration.absentTopics ?? [])]) add(topic.cluster, topic.name);
  const idempotent = migration.flows.filter((flow) => flow.delivery === 'idempotent');
  const counted = [
    ...(migration.absentTopics ?? []),
    ...idempotent.flatMap((flow) => flow.topics.map(({ target: name }) => ({ cluster: flow.target, name }))),
  ];
  const recordsOf = Map.groupBy(counted, (topic) => topic.cluster);
  return {
    settingsOf,
    recordsOf: new Map([...recordsOf].map(([cluster, topics]) => [cluster, new Set(topics.map((one) => one.name))])),
    newTopicsOn: new Set([
      ...migration.flows.map((flow) => flow.target),
      ...migration.topics.map((topic) => topic.cluster),
    ]),
    groupsOf: new Set(migration.flows.flatMap((flow) => (flow.groups === undefined ? [] : [flow.source, flow.target]))),
    aclsOf: new Set([
      ...(migration.acls ?? []).map((one) => one.cluster),
      ...migration.flows.flatMap((flow) => (flow.acls === undefined ? [] : [flow.source, flow.target])),
    ]),
    quotasOf: new Set(migration.quotas?.map((quota) => quota.cluster)),
  };
}

/** What planning tells people besides: how far sources and groups are. */
export function planScope(migration: Migration): SnapshotScope {
  return { ...snapshotScope(migration), progressOf: progressOf(migration) };
}

function progressOf({ flows }: Migration): SnapshotScope['progressOf'] & {} {
  const bySource = Map.groupBy(flows, (flow) => flow.source);
  return new Map(
    [...bySource].map(([cluster, all]): [string, ProgressWanted] => {
      const topics = new Set(all.flatMap((flow) => flow.topics.map((topic) => topic.source)));
      const selections = all.flatMap((flow) => flow.groups ?? []);
      const groups: ProgressWanted['groups'] = (listed) => {
        const members = new Set(selections.flatMap((selection) => matchGroups(selection, listed).members));
        return listed.filter(({ group }) => members.has(group));
      };
      return [cluster, { topics, groups }];
    }),
  );
}
