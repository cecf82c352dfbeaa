import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { parseAddress } from '../../execution-plan/address.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import type { StaleDifference } from '../../execution-plan/staleness.ts';
import { limitNames, liveQuota } from './live-quota.ts';

/**
 * The limits that are no longer as the plan saw them; where the plan was begun, each may also stand at its `after`. A
 * deletion takes every limit of the entity, so that one more is a difference too.
 */
export function staleQuota(
  change: ChangeOf<'quota'>,
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
  begun: boolean,
): StaleDifference[] {
  const { address, before, after } = change;
  const parsed = parseAddress(address);
  const entity = (before ?? after)?.entity;
  if (parsed?.kind !== 'quota' || entity === undefined) return [];
  const live = liveQuota(snapshots.get(parsed.cluster), entity)?.limits ?? {};
  const planned = [before?.limits ?? {}, after?.limits ?? {}];
  const names = after === null ? limitNames(live, ...planned) : limitNames(...planned);
  return names.flatMap((name) => {
    const found = live[name] ?? null;
    const [first = null, second = null] = planned.map((limits) => limits[name] ?? null);
    if (found === first || (begun && found === second)) return [];
    return [{ address, field: name, planned: shown(first), found: shown(found) }];
  });
}

function shown(limit: number | null): string {
  return limit === null ? 'not set' : String(limit);
}
