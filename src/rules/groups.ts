import { named } from '../diagnostics/named.ts';
import type { Flow } from '../migration/migration.ts';
import type { RuleContext, RuleNotice } from './rule.ts';

/** States of a group without members; the words of classic and of consumer groups (KIP-848). */
const idleStates: ReadonlySet<string> = new Set(['empty', 'dead', 'unknown', '']);

/** Offsets are never written under running consumers. */
export function groupInUseOnTarget(flow: Flow, { snapshots }: RuleContext): RuleNotice | undefined {
  const members = new Set(flow.groupMembers);
  const inUse = (snapshots.get(flow.target)?.groups ?? [])
    .filter(({ group, state }) => members.has(group) && !idleStates.has(state.toLowerCase()))
    .map(({ group }) => group);
  if (inUse.length === 0) return undefined;
  const [what, have] = inUse.length === 1 ? ['1 group', 'has'] : [`${inUse.length} groups`, 'have'];
  return {
    summary: `Of flow ${flow.name}, ${what} that it brings along ${have} members on ${flow.target}.`,
    detail: named(inUse),
  };
}

/** The sync finds nothing to write for such a group, and its consumers would begin where their own settings say. */
export function groupsWithoutCommit(flow: Flow): RuleNotice | undefined {
  const without = (flow.groupProgress ?? []).filter((one) => one.partitionsCommitted === 0).map(({ group }) => group);
  if (without.length === 0) return undefined;
  const [what, have] = without.length === 1 ? ['1 group', 'has'] : [`${without.length} groups`, 'have'];
  const summary = `Of flow ${flow.name}, ${what} that it brings along ${have} no commit in its topics.`;
  return { summary, detail: named(without) };
}

/** Flows of one source divide its topics; flows of two sources may join two applications. Said at the later one. */
export function groupOfSeveralSources(flow: Flow, { migration }: RuleContext): RuleNotice | undefined {
  const members = new Set(flow.groupMembers);
  for (const other of migration.flows.slice(0, migration.flows.indexOf(flow))) {
    if (other.target !== flow.target || other.source === flow.source) continue;
    const both = (other.groupMembers ?? []).filter((group) => members.has(group));
    if (both.length === 0) continue;
    const what = both.length === 1 ? '1 group' : `${both.length} groups`;
    return {
      summary: `Flows ${other.name} and ${flow.name} bring ${what} of the same name to ${flow.target}, from ${other.source} and from ${flow.source}.`,
      detail: named(both),
    };
  }
  return undefined;
}
