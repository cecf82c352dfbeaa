import type { Acl, AclSnapshot } from '../../cluster/acl.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import { aclKey, resourceWords } from './acl-words.ts';
import type { Access } from './authorize.ts';
import { type Loss, losses, possibleRegimes } from './own-rights.ts';

export interface ShutOutInput {
  readonly cluster: string;
  readonly acls: AclSnapshot;
  /** Of this cluster, without those that change nothing. */
  readonly changes: readonly ChangeOf<'acl'>[];
  /** What kplan needs on this cluster. */
  readonly accesses: readonly Access[];
  readonly visibleTopics: Iterable<string>;
}

/** How many lost rights a diagnostic names before it counts the rest. */
const namedMax = 5;

/** Whether kplan may make these changes at all, and whether it can go on with its work afterwards. */
export function shutOutDiagnostics(input: ShutOutInput): readonly Diagnostic[] {
  const { cluster, acls, changes, accesses, visibleTopics } = input;
  const [first] = changes;
  if (first === undefined || !acls.authorizer) return [];
  const mayNot = acls.clusterOperations !== undefined && !acls.clusterOperations.includes('alter');
  const regimes = possibleRegimes(acls, visibleTopics);
  const who = acls.principal === undefined ? 'kplan itself' : `kplan itself (${acls.principal})`;
  const lost = losses(acls, aclsAfter(acls.entries, changes), accesses, regimes);
  const blamed = Map.groupBy(lost, (loss) => `${loss.isCertain} ${blame(changes, loss.access).address}`);
  return [
    ...(mayNot
      ? [diagnostic('KP2302', { address: first.address, summary: `${who} lacks ALTER on cluster ${cluster}.` })]
      : []),
    ...superUserNotes(acls, changes, regimes.has('super-user') && regimes.size === 1),
    ...[...blamed.values()].flatMap((group) => {
      const [one] = group;
      if (one === undefined) return [];
      const { address } = blame(changes, one.access);
      const detail = lostText(group);
      if (!one.isCertain)
        return [diagnostic('KP2304', { address, summary: `This may shut ${who} out of ${cluster}.`, detail })];
      return [diagnostic('KP2303', { address, summary: `This would shut ${who} out of ${cluster}.`, detail })];
    }),
  ];
}

function lostText(lost: readonly Loss[]): string {
  const shown = lost.slice(0, namedMax).map(({ access: { operation, type, name } }) => {
    return `${operation} on ${resourceWords({ type, name, pattern: 'literal' })}`;
  });
  const more = lost.length > namedMax ? `, and ${lost.length - namedMax} more` : '';
  return `Lost: ${shown.join(', ')}${more}.`;
}

function aclsAfter(entries: readonly Acl[], changes: readonly ChangeOf<'acl'>[]): readonly Acl[] {
  const deleted = new Set(changes.flatMap(({ before, after }) => (before && !after ? [aclKey(before)] : [])));
  const created = changes.flatMap(({ before, after }) => (after && !before ? [after] : []));
  return [...entries.filter((acl) => !deleted.has(aclKey(acl))), ...created];
}

/** The change that most likely takes a right away: a DENY of it, else whatever else is about the resource. */
function blame(changes: readonly ChangeOf<'acl'>[], access: Access): ChangeOf<'acl'> {
  const about = changes.filter(({ before, after }) => {
    const acl = after ?? before;
    if (acl === null || acl.type !== access.type) return false;
    if (acl.pattern === 'prefixed') return access.name.startsWith(acl.name);
    return acl.name === '*' || acl.name === access.name;
  });
  const denies = ({ after }: ChangeOf<'acl'>) =>
    after?.permission === 'deny' && (after.operation === 'all' || after.operation === access.operation);
  const [change] = [...about.filter(denies), ...about, ...changes];
  if (change === undefined) throw new Error('nothing is lost without a change');
  return change;
}

/** An ACL does nothing to a super user; said of those that are known, kplan's own principal among them. */
function superUserNotes(
  acls: AclSnapshot,
  changes: readonly ChangeOf<'acl'>[],
  isSuper: boolean,
): readonly Diagnostic[] {
  const known = new Set([...(acls.superUsers ?? []), ...(isSuper && acls.principal ? [acls.principal] : [])]);
  return changes.flatMap(({ address, after }) => {
    if (after === null || !known.has(after.principal)) return [];
    const summary = `${after.principal} is a super user: this ACL changes nothing for it.`;
    return [diagnostic('KP2308', { address, summary })];
  });
}
