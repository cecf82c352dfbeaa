import { appliedAcl, type SeenResources, type WantedResource } from '../../execution-plan/applied.ts';
import { aclKey, aclKeys } from './acl-words.ts';
import { wantedAcls } from './wanted-acls.ts';

/** Every ACL that is wanted to be there, declared or brought along. */
export function aclsToAdopt({ migration, snapshots, state }: SeenResources): readonly WantedResource[] {
  return wantedAcls(migration, snapshots).wanted.flatMap(({ address, cluster, acl, state: wanted }) => {
    if (wanted === 'absent') return [];
    const isLive = aclKeys(snapshots.get(cluster)?.acls?.entries ?? []).has(aclKey(acl));
    const isStored = appliedAcl(state, address) !== undefined;
    return [{ address, adopt: isLive && !isStored ? acl : undefined }];
  });
}
