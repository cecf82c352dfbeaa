import type { Acl } from '../../cluster/acl.ts';
import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { parseAddress } from '../../execution-plan/address.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import type { StaleDifference } from '../../execution-plan/staleness.ts';
import { aclKey } from './acl-words.ts';

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
  const isLive = keysOf(entries).has(aclKey(acl));
  if (isLive === (before !== null)) return [];
  return [{ address, planned: shown(!isLive), found: shown(isLive) }];
}

const keys = new WeakMap<readonly Acl[], ReadonlySet<string>>();

/** Made once for each listing: a plan may change thousands of ACLs of a cluster that has thousands. */
function keysOf(entries: readonly Acl[]): ReadonlySet<string> {
  const known = keys.get(entries);
  if (known !== undefined) return known;
  const made = new Set(entries.map(aclKey));
  keys.set(entries, made);
  return made;
}

function shown(isThere: boolean): string {
  return isThere ? 'there' : 'not there';
}
