import { quotaAddress } from '../../execution-plan/address.ts';
import { appliedQuota, type SeenResources, type WantedResource } from '../../execution-plan/applied.ts';
import { limitNames, limitsOf, liveQuota, sameLimits } from './live-quota.ts';
import { quotaChange } from './quota-change.ts';

/** Every quota that is wanted to be there. */
export function quotasToAdopt({ migration, snapshots, state }: SeenResources): readonly WantedResource[] {
  return (migration.quotas ?? []).flatMap((desired) => {
    const { cluster, entity, limits } = desired;
    if (limits === null) return [];
    const address = quotaAddress(cluster, entity);
    const applied = appliedQuota(state, address);
    const change = quotaChange(desired, liveQuota(snapshots.get(cluster), entity), applied);
    const isStored = applied !== undefined && sameLimits(applied.limits, limits);
    if (change.action !== 'no-op' || isStored) return [{ address }];
    return [{ address, adopt: { entity, limits: limitsOf(limitNames(limits), limits) } }];
  });
}
