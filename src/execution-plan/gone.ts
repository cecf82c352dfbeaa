import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { aclKey, aclKeys } from '../resources/acl/acl-words.ts';
import { liveQuota } from '../resources/quota/live-quota.ts';
import type { AppliedRecord } from '../state/records.ts';
import { parseAddress } from './address.ts';

/**
 * Whether what was applied at an address is seen not to be there any more. False where its cluster, or that kind of
 * resource on it, was not read: nothing is known then. A flow is never gone by itself.
 */
export function isGone(
  address: string,
  applied: AppliedRecord['state'],
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
): boolean {
  const parsed = parseAddress(address);
  const snapshot = parsed !== null && 'cluster' in parsed ? snapshots.get(parsed.cluster) : undefined;
  if (parsed === null || snapshot === undefined) return false;
  if (parsed.kind === 'topic') return !snapshot.topics.has(parsed.name);
  if ('limits' in applied) return snapshot.quotas !== undefined && liveQuota(snapshot, applied.entity) === undefined;
  if (!('principal' in applied) || snapshot.acls?.authorizer !== true) return false;
  return !aclKeys(snapshot.acls.entries).has(aclKey(applied));
}
