import type { PlannedRequests } from '../../cluster/requests.ts';
import type { Access } from '../../cluster/rights.ts';
import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { parseAddress } from '../../execution-plan/address.ts';
import type { Change } from '../../execution-plan/execution-plan.ts';
import type { Migration } from '../../migration/migration.ts';
import { ownTopics, workAccesses } from './own-accesses.ts';

/** The operation that each request wants on its topic, or, for quotas, on the cluster (Kafka docs, "Security"). */
export const operationOf = {
  CreateTopics: 'create',
  CreatePartitions: 'alter',
  IncrementalAlterConfigs: 'alter-configs',
  AlterClientQuotas: 'alter-configs',
} as const satisfies Record<keyof PlannedRequests, string>;

export interface PlannedWork {
  readonly migration: Migration;
  readonly changes: readonly Change[];
  readonly requests: PlannedRequests | undefined;
}

/** All that apply will do on a cluster and wants a right for, some of it twice. ALTER for ACLs has a finding of its own. */
export function neededAccesses(work: PlannedWork, cluster: ClusterSnapshot): readonly Access[] {
  const { migration, changes, requests } = work;
  const missingTopics = ownTopics(migration, cluster.name).filter((topic) => !cluster.topics.has(topic));
  return [
    ...workAccesses(migration, cluster.name).filter((access) => !isProven(access, cluster)),
    ...missingTopics.map((name) => ({ operation: 'create', type: 'topic', name })),
    ...(requests === undefined ? [] : requestedAccesses(requests)),
    ...changes.flatMap((change) => deletion(change, cluster.name)),
  ];
}

/** Whose settings were read may be described, and so may its settings. */
function isProven({ operation, type, name }: Access, { topics }: ClusterSnapshot): boolean {
  return type === 'topic' && operation.startsWith('describe') && topics.get(name)?.settings !== undefined;
}

function requestedAccesses(requests: PlannedRequests): readonly Access[] {
  const { CreateTopics, CreatePartitions, IncrementalAlterConfigs, AlterClientQuotas } = requests;
  const topics = { CreateTopics, CreatePartitions, IncrementalAlterConfigs } as const;
  const onTopics = Object.entries(topics).flatMap(([request, all]) =>
    all.map(({ topic }) => ({ operation: operationOf[request as keyof typeof topics], type: 'topic', name: topic })),
  );
  if (AlterClientQuotas.length === 0) return onTopics;
  return [...onTopics, { operation: operationOf.AlterClientQuotas, type: 'cluster', name: 'kafka-cluster' }];
}

function deletion(change: Change, cluster: string): readonly Access[] {
  const parsed = parseAddress(change.address);
  const isDeleted = change.action === 'delete' && parsed?.kind === 'topic' && parsed.cluster === cluster;
  return isDeleted ? [{ operation: 'delete', type: 'topic', name: parsed.name }] : [];
}
