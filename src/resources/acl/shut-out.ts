import type { Acl, AclSnapshot } from '../../cluster/acl.ts';
import type { Access } from '../../cluster/rights.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import { aclKey, resourceWords } from './acl-words.ts';
import { type Loss, losses, possibleRegimes, type Regime } from './own-rights.ts';

export interface ShutOutInput {
  readonly cluster: string;
  readonly acls: AclSnapshot;
  /** Of this cluster, without those that change nothing. */
  readonly changes: readonly ChangeOf<'acl'>[];
  /** What kplan needs on this cluster. */
  readonly accesses: readonly Access[];
  readonly visibleTopics: Iterable<string>;
}

/** So many ACLs that take rights away are told one by one. */
const blamedMax = 3;
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
  return [
    ...(mayNot
      ? [diagnostic('KP2302', { address: first.address, summary: `${who} lacks ALTER on cluster ${cluster}.` })]
      : []),
    ...superUserNotes(acls, changes, regimes.has('super-user') && regimes.size === 1),
    ...lossDiagnostics(lost, changes, `${who} out of ${cluster}${unlessSuper(regimes)}`, superUserFix(acls, regimes)),
  ];
}

/** Brokers hide `super.users` from most; whoever may be one is taken for none, and told so. */
function unlessSuper(regimes: ReadonlySet<Regime>): string {
  return regimes.has('super-user') ? ', unless it is a super user' : '';
}

function superUserFix({ principal }: AclSnapshot, regimes: ReadonlySet<Regime>): string | undefined {
  if (!regimes.has('super-user') || principal === undefined) return undefined;
  return `Leave ${principal} out of DENYs, and declare ALLOWs for it on the same resources; brokers do not tell whether it is a super user, and for one these change nothing.`;
}

/** One for each ACL that takes rights away, or, where they are many, one for all that are alike sure. */
function lossDiagnostics(
  lost: readonly Loss[],
  changes: readonly ChangeOf<'acl'>[],
  whom: string,
  fixOfCertain: string | undefined,
): Diagnostic[] {
  const blame = blamer(changes);
  return [true, false].flatMap((isCertain) => {
    const alike = lost.filter((loss) => loss.isCertain === isCertain);
    const [code, verb] = isCertain ? (['KP2303', 'would'] as const) : (['KP2304', 'may'] as const);
    const fix = isCertain ? fixOfCertain : undefined;
    const blamed = [...Map.groupBy(alike, (loss) => blame(loss.access).address)];
    const [first] = blamed;
    if (first === undefined) return [];
    if (blamed.length <= blamedMax) {
      return blamed.map(([address, group]) =>
        diagnostic(code, { address, summary: `This ${verb} shut ${whom}.`, detail: lostText(group), fix }),
      );
    }
    const summary = `${blamed.length} changes of ACLs ${verb} shut ${whom}.`;
    return [diagnostic(code, { address: first[0], summary, detail: lostText(alike), fix })];
  });
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

/**
 * Tells the change that most likely takes a right away: a DENY of it, else whatever else is about the resource. Indexed,
 * for thousands of rights may be lost to thousands of changes.
 */
function blamer(changes: readonly ChangeOf<'acl'>[]): (access: Access) => ChangeOf<'acl'> {
  const acls = changes.flatMap((change) => {
    const acl = change.after ?? change.before;
    return acl === null ? [] : [{ change, acl }];
  });
  const isWide = ({ acl }: (typeof acls)[number]) => acl.pattern === 'prefixed' || acl.name === '*';
  const wide = acls.filter(isWide);
  const named = Map.groupBy(
    acls.filter((one) => !isWide(one)),
    ({ acl }) => `${acl.type} ${acl.name}`,
  );
  return ({ operation, type, name }) => {
    const covering = wide.filter(
      ({ acl }) => acl.type === type && (acl.pattern === 'prefixed' ? name.startsWith(acl.name) : true),
    );
    const about = [...(named.get(`${type} ${name}`) ?? []), ...covering];
    const denying = about.find(
      ({ change: { after } }) =>
        after?.permission === 'deny' && (after.operation === 'all' || after.operation === operation),
    );
    const found = denying ?? about[0] ?? acls[0];
    if (found === undefined) throw new Error('nothing is lost without a change');
    return found.change;
  };
}

/** An ACL does nothing to a super user; said of those that are known, kplan's own principal among them. */
function superUserNotes(
  acls: AclSnapshot,
  changes: readonly ChangeOf<'acl'>[],
  isSuper: boolean,
): readonly Diagnostic[] {
  const known = new Set([...(acls.superUsers ?? []), ...(isSuper && acls.principal ? [acls.principal] : [])]);
  const made = changes.flatMap(({ address, after }) =>
    after && known.has(after.principal) ? [{ address, after }] : [],
  );
  return [...Map.groupBy(made, (one) => one.after.principal)].flatMap(([principal, ofOne]) => {
    const [first] = ofOne;
    if (first === undefined) return [];
    const what = ofOne.length === 1 ? 'this ACL changes' : `${ofOne.length} ACLs change`;
    const summary = `${principal} is a super user: ${what} nothing for it.`;
    return [diagnostic('KP2308', { address: first.address, summary })];
  });
}
