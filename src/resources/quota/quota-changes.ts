import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { quotaAddress } from '../../execution-plan/address.ts';
import { appliedQuota } from '../../execution-plan/applied.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import type { Migration } from '../../migration/migration.ts';
import type { StateSnapshot } from '../../state/records.ts';
import { liveQuota } from './live-quota.ts';
import { quotaChange, quotaDrift } from './quota-change.ts';

export interface QuotaChanges {
  readonly changes: readonly ChangeOf<'quota'>[];
  readonly drift: readonly ChangeOf<'quota'>[];
}

/** Every declared quota against its cluster and what was applied. */
export function quotaChanges(
  migration: Migration,
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
  state: StateSnapshot,
): QuotaChanges {
  const compared = (migration.quotas ?? []).map((desired) => {
    const address = quotaAddress(desired.cluster, desired.entity);
    const live = liveQuota(snapshots.get(desired.cluster), desired.entity);
    const applied = appliedQuota(state, address);
    // A quota that must be absent and is gone is as wanted, whoever removed it.
    const drifted = desired.limits === null ? null : quotaDrift(address, live, applied);
    return { change: quotaChange(desired, live, applied), drifted };
  });
  return {
    changes: compared.map((one) => one.change),
    drift: compared.flatMap(({ drifted }) => (drifted === null ? [] : [drifted])),
  };
}
