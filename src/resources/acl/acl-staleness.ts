import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { parseAddress } from '../../execution-plan/address.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import type { StaleDifference } from '../../execution-plan/staleness.ts';
import { aclKey, aclKeys } from './acl-words.ts';

/** Whether the ACL came or went since the plan saw it; where the plan was begun, either is as planned. */
export function staleAcl(
  { address, before, after }: ChangeOf<'acl'>,
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
  begun: boolean,
): StaleDifference[] {
  const parsed = parseAddress(address);
  const acl = before ?? after;
  if (parsed?.kind !== 'acl' || acl === null || begun) return [];
  const entries = snapshots.get(parsed.cluster)?.acls?.entries ?? [];
  const isLive = aclKeys(entries).has(aclKey(acl));
  if (isLive === (before !== null)) return [];
  return [{ address, planned: shown(!isLive), found: shown(isLive) }];
}

function shown(isThere: boolean): string {
  return isThere ? 'there' : 'not there';
}
