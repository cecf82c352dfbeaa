import type { Acl } from '../../cluster/acl.ts';
import type { AclSelection, Flow, MirroredTopic } from '../../migration/migration.ts';
import { matcherOf } from '../../plan-file/exact-topics.ts';

/** What a flow makes of the source's ACLs; each ACL of the source is in one list at most, or is none of the flow's. */
export interface BroughtAcls {
  /** ACLs for the target. */
  readonly brought: readonly Acl[];
  /** ACLs of the source that allow writing and wait for the cutover, whole or in part. */
  readonly waiting: readonly Acl[];
  /** ACLs of the source about more than the flow's topics and groups, such as every topic. */
  readonly tooWide: readonly Acl[];
  /** Patterns of `include` that no principal with ACLs matches. */
  readonly unmatched: readonly string[];
}

/**
 * The ACLs of the flow's topics (and groups, where it has them) under the target's names and principals. `*` covers more
 * than the flow and is left to a person; so are the cluster, transactional ids, tokens and users.
 */
export function broughtAcls(flow: Flow, selection: AclSelection, entries: readonly Acl[]): BroughtAcls {
  const [include, exclude] = [matcherOf(selection.include), matcherOf(selection.exclude)];
  const chosen = entries.filter(({ principal }) => include(principal) && !exclude(principal));
  const mapped = aclMapping(flow);
  const brought: Acl[] = [];
  const waiting: Acl[] = [];
  const tooWide: Acl[] = [];
  for (const acl of chosen) {
    const atTarget = mapped(acl);
    if (atTarget === 'too-wide') tooWide.push(acl);
    if (atTarget === 'too-wide' || atTarget.length === 0) continue;
    const operations = operationsNow(acl, selection);
    if (!operations.includes(acl.operation)) waiting.push(acl);
    const principal = Object.hasOwn(selection.principals, acl.principal)
      ? selection.principals[acl.principal]
      : undefined;
    for (const one of atTarget)
      for (const operation of operations) brought.push({ ...one, operation, principal: principal ?? acl.principal });
  }
  const unmatched = selection.include.filter((text) => {
    const matches = matcherOf([text]);
    return !entries.some(({ principal }) => matches(principal));
  });
  return { brought, waiting, tooWide, unmatched };
}

/** ALLOW ALL holds the right to write: until the cutover its holder reads. */
function operationsNow({ type, permission, operation }: Acl, { write }: AclSelection): readonly string[] {
  if (write === 'now' || permission === 'deny' || type !== 'topic') return [operation];
  if (operation === 'write') return [];
  return operation === 'all' ? ['read', 'describe-configs'] : [operation];
}

type Mapped = readonly Acl[] | 'too-wide';

function aclMapping(flow: Flow): (acl: Acl) => Mapped {
  const targets = new Map(flow.topics.map((topic) => [topic.source, topic.target]));
  const { include, exclude } = flow.groups ?? { include: [], exclude: [] };
  const [isIncluded, isExcluded] = [matcherOf(include), matcherOf(exclude)];
  const isMember = (group: string) => isIncluded(group) && !isExcluded(group);
  const members = flow.groupMembers ?? [];
  return (acl) => {
    if (acl.type === 'topic') return topicAcl(acl, targets, flow.topics);
    if (acl.type !== 'group') return 'too-wide';
    if (acl.pattern === 'literal' && acl.name === '*') return 'too-wide';
    const isOurs = acl.pattern === 'literal' ? isMember(acl.name) : members.some((group) => group.startsWith(acl.name));
    return isOurs ? [acl] : [];
  };
}

function topicAcl(acl: Acl, targets: ReadonlyMap<string, string>, topics: readonly MirroredTopic[]): Mapped {
  if (acl.pattern === 'literal') {
    const target = targets.get(acl.name);
    if (acl.name === '*') return 'too-wide';
    return target === undefined ? [] : [{ ...acl, name: target }];
  }
  const covered = topics.filter((topic) => topic.source.startsWith(acl.name));
  if (covered.length === 0) return [];
  const prefix = targetPrefix(acl.name, covered);
  if (prefix !== null) return [{ ...acl, name: prefix }];
  return covered.map((topic) => ({ ...acl, pattern: 'literal', name: topic.target }));
}

/**
 * What the targets of all covered topics begin with, where naming puts a text before or behind the names; null where
 * mappings give them names of their own, for then a prefix would cover topics that it never meant.
 */
function targetPrefix(prefix: string, covered: readonly MirroredTopic[]): string | null {
  const [first] = covered;
  const before = first?.target.slice(0, -first.source.length) ?? '';
  if (covered.every(({ source, target }) => target === before + source)) return before + prefix;
  return covered.every(({ target }) => target.startsWith(prefix)) ? prefix : null;
}
