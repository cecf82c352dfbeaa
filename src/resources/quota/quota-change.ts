import type { QuotaSnapshot } from '../../cluster/snapshot.ts';
import { quotaAddress } from '../../execution-plan/address.ts';
import type { ChangeOf, QuotaState } from '../../execution-plan/execution-plan.ts';
import type { DeclaredQuota } from '../../migration/migration.ts';
import { limitNames, limitsOf, sameLimits } from './live-quota.ts';

/**
 * What it takes from the live limits of an entity to the wanted ones. kplan owns the limits that are wanted and those that
 * it applied before: a limit that it applied and that is wanted no more is removed. Limits that others set stay as they
 * are, unless the whole quota must be absent.
 */
export function quotaChange(
  desired: DeclaredQuota,
  live: QuotaSnapshot | undefined,
  applied: QuotaState | undefined,
): ChangeOf<'quota'> {
  const { cluster, entity, limits } = desired;
  const address = quotaAddress(cluster, entity);
  if (limits === null) {
    const reason = `state: absent under quotas.${cluster}`;
    if (live === undefined) return { address, kind: 'quota', action: 'no-op', before: null, after: null, reason };
    const before = { entity, limits: limitsOf(limitNames(live.limits), live.limits) };
    return { address, kind: 'quota', action: 'delete', before, after: null, reason };
  }
  const reason = `declared under quotas.${cluster}`;
  if (live === undefined) {
    const after = { entity, limits: limitsOf(limitNames(limits), limits) };
    return { address, kind: 'quota', action: 'create', before: null, after, reason };
  }
  const owned = limitNames(limits, ownedLimits(applied));
  const before = { entity, limits: limitsOf(owned, live.limits) };
  const after = { entity, limits: limitsOf(owned, limits) };
  const action = sameLimits(before.limits, after.limits) ? 'no-op' : 'update';
  return { address, kind: 'quota', action, before, after, reason };
}

/**
 * What somebody else changed since the last apply. null: nothing, or nothing was applied. `before` is what was applied,
 * `after` what lives now.
 */
export function quotaDrift(
  address: string,
  live: QuotaSnapshot | undefined,
  applied: QuotaState | undefined,
): ChangeOf<'quota'> | null {
  if (applied === undefined) return null;
  const reason = 'changed outside of kplan since the last apply';
  const { entity } = applied;
  const before = { entity, limits: ownedLimits(applied) };
  if (live === undefined) return { address, kind: 'quota', action: 'delete', before, after: null, reason };
  const after = { entity, limits: limitsOf(limitNames(before.limits), live.limits) };
  if (sameLimits(before.limits, after.limits)) return null;
  return { address, kind: 'quota', action: 'update', before, after, reason };
}

/** A limit that was removed (null) is nobody's any more. */
function ownedLimits(applied: QuotaState | undefined): QuotaState['limits'] {
  return Object.fromEntries(Object.entries(applied?.limits ?? {}).filter(([, value]) => value !== null));
}
