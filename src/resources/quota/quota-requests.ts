import type { QuotaAlteration } from '../../cluster/requests.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import { limitNames } from './live-quota.ts';

/** Only the limits that differ, so that those which kplan does not own are never touched. */
export function quotaAlteration({ address, before, after }: ChangeOf<'quota'>): QuotaAlteration {
  const entity = (before ?? after)?.entity;
  if (entity === undefined) throw new Error(`${address} has neither before nor after`);
  const [from, to] = [before?.limits ?? {}, after?.limits ?? {}];
  const altered = limitNames(from, to).filter((name) => (from[name] ?? null) !== (to[name] ?? null));
  return { entity, limits: Object.fromEntries(altered.map((name) => [name, to[name] ?? null])) };
}
