import type { ClusterSnapshot, QuotaEntity, QuotaSnapshot } from '../../cluster/snapshot.ts';
import type { QuotaState } from '../../execution-plan/execution-plan.ts';

/** One index a snapshot, so that many quotas are found in one pass. */
const indexes = new WeakMap<readonly QuotaSnapshot[], ReadonlyMap<string, QuotaSnapshot>>();

/** The entity's limits as the cluster has them; undefined where it has none, or where its quotas were not read. */
export function liveQuota(snapshot: ClusterSnapshot | undefined, entity: QuotaEntity): QuotaSnapshot | undefined {
  const quotas = snapshot?.quotas;
  if (quotas === undefined) return undefined;
  const index = indexes.get(quotas) ?? new Map(quotas.map((one) => [entityKey(one.entity), one]));
  indexes.set(quotas, index);
  return index.get(entityKey(entity));
}

/** Tells entities apart, whatever stands in their names. */
export function entityKey({ user, clientId, ip }: QuotaEntity): string {
  return JSON.stringify([user ?? null, clientId ?? null, ip ?? null]);
}

/** The limits of these names, in their order; null: not set. Numbers are doubles, as Kafka has them. */
export function limitsOf(names: readonly string[], limits: QuotaState['limits']): QuotaState['limits'] {
  return Object.fromEntries(names.map((name) => [name, limits[name] ?? null]));
}

/** Whether two sides have the same limits; null is the same as absent. */
export function sameLimits(a: QuotaState['limits'], b: QuotaState['limits']): boolean {
  return limitNames(a, b).every((name) => (a[name] ?? null) === (b[name] ?? null));
}

/** Every limit that one of the sides names, in the order of names. */
export function limitNames(...sides: readonly QuotaState['limits'][]): string[] {
  return [...new Set(sides.flatMap((one) => Object.keys(one)))].sort();
}
