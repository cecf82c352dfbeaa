import type { GroupListing } from '../cluster/snapshot.ts';
import { matcherOf } from '../plan-file/exact-topics.ts';

/** Kinds of groups whose progress is no committed offset of a consumer. */
const otherKinds: ReadonlySet<string> = new Set(['share', 'streams']);

export interface MatchedGroups {
  readonly members: readonly string[];
  /** Covered by the patterns, but share groups or Kafka Streams groups. */
  readonly others: readonly string[];
}

/** Which groups of the source a selection covers; `exclude` wins. */
export function matchGroups(
  selection: { readonly include: readonly string[]; readonly exclude: readonly string[] },
  groups: readonly GroupListing[],
): MatchedGroups {
  const [include, exclude] = [matcherOf(selection.include), matcherOf(selection.exclude)];
  const covered = groups.filter(({ group }) => include(group) && !exclude(group));
  const isOther = ({ type }: GroupListing) => otherKinds.has(type.toLowerCase());
  const names = (some: readonly GroupListing[]) => some.map(({ group }) => group).sort();
  return { members: names(covered.filter((one) => !isOther(one))), others: names(covered.filter(isOther)) };
}
