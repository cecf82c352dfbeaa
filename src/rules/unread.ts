import type { Unread } from '../cluster/progress.ts';
import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { named } from '../diagnostics/named.ts';
import type { RuleNotice } from './rule.ts';

/** A plan never fails for what only people wanted to know; it says what it could not look at. */
export function notLookedAt({ name, progress }: ClusterSnapshot): RuleNotice | undefined {
  const unread = progress?.unread ?? [];
  if (unread.length === 0) return undefined;
  const all = [...new Set(unread.map((one) => one.what))].join(' and ');
  return { summary: `Of ${name}, ${all} could not be looked at.`, detail: unread.map(reasonOf).join('; ') };
}

function reasonOf({ what, error, groups = [] }: Unread): string {
  return `${what}: ${error}${groups.length === 0 ? '' : ` for ${named(groups)}`}`;
}
