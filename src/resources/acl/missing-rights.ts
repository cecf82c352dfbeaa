import type { PlannedRequests, Refusal } from '../../cluster/requests.ts';
import { type Access, type HeldRights, resourceKey } from '../../cluster/rights.ts';
import { parseAddress } from '../../execution-plan/address.ts';
import { operationOf } from './needed-accesses.ts';

const clusterName = 'kafka-cluster';

/** What of `needed` the brokers said that kplan may not do. What they did not tell of is not missing. */
export function missingAccesses(needed: readonly Access[], held: HeldRights): readonly Access[] {
  const onCluster = held.get(resourceKey({ type: 'cluster', name: clusterName })) ?? [];
  return needed.filter((access) => {
    const told = held.get(resourceKey(access));
    if (told === undefined || told.includes(access.operation)) return false;
    if (access.type !== 'topic' || access.operation !== 'create') return true;
    // CREATE on the cluster is enough; of a topic that may not be described nobody tells whether it may be created.
    return !onCluster.includes('create') && told.length > 0;
  });
}

/** A refusal for want of a right is no fault of the plan: it says which right is missing. */
export function isRightRefused({ error }: Refusal): boolean {
  return error.endsWith('_AUTHORIZATION_FAILED');
}

export function refusedAccess({ address, request }: Refusal): Access | undefined {
  const operation = operationOf[request satisfies keyof PlannedRequests];
  const parsed = parseAddress(address);
  if (parsed?.kind === 'topic') return { operation, type: 'topic', name: parsed.name };
  return parsed?.kind === 'quota' ? { operation, type: 'cluster', name: clusterName } : undefined;
}
