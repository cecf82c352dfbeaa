import type { Acl, AclSnapshot } from '../../cluster/acl.ts';
import type { Access } from '../../cluster/rights.ts';
import { type AclIndex, aclsAbout, authorizes, indexAcls, type Subject } from './authorize.ts';

/**
 * How the authorizer may treat kplan: as a super user, or by ACLs where a resource without any is open to everybody, or
 * closed. Brokers tell it only in part, so that more than one may be possible.
 */
export type Regime = 'super-user' | 'open' | 'closed';

export interface Loss {
  readonly access: Access;
  /** False: it depends on the principal or the host that kplan is to the brokers, which they do not tell. */
  readonly isCertain: boolean;
}

/** The rights on the cluster resource that DescribeCluster tells of. */
const clusterRights = ['create', 'alter', 'describe', 'cluster-action', 'describe-configs', 'alter-configs'] as const;

/**
 * The regimes that agree with all that is seen: kplan's rights on the cluster as the brokers name them, the topics that
 * they show it, and the settings that they do not hide.
 */
export function possibleRegimes(acls: AclSnapshot, visibleTopics: Iterable<string>): ReadonlySet<Regime> {
  const { principal, clusterOperations, everyoneIfNone, superUsers } = acls;
  if (superUsers !== undefined && principal !== undefined && superUsers.includes(principal))
    return new Set(['super-user']);
  const index = indexAcls(acls.entries);
  const topics = [...visibleTopics];
  const seen = (everyone: boolean) => {
    if (principal === undefined) return true;
    const subject = { principal, everyoneIfNone: everyone };
    return (
      topics.every((name) => authorizes(index, { operation: 'describe', type: 'topic', name }, subject)) &&
      clusterRights.every((operation) => {
        const access = { operation, type: 'cluster', name: 'kafka-cluster' };
        return (
          clusterOperations === undefined ||
          authorizes(index, access, subject) === clusterOperations.includes(operation)
        );
      })
    );
  };
  const mayBeSuper = superUsers === undefined || principal === undefined;
  const hasAll = clusterOperations === undefined || clusterRights.every((one) => clusterOperations.includes(one));
  return new Set<Regime>([
    ...(mayBeSuper && hasAll ? ['super-user' as const] : []),
    ...(everyoneIfNone !== 'no' && seen(true) ? ['open' as const] : []),
    ...(everyoneIfNone !== 'yes' && seen(false) ? ['closed' as const] : []),
  ]);
}

/**
 * What kplan may do now and could not do after the changes, in one of the possible regimes: what locks kplan out in one is
 * not tried out, for nobody could take it back by kplan. A super user loses nothing; where it is not sure that kplan is
 * one, it is taken for none. A principal that is not known loses surely only what is denied to everybody.
 */
export function losses(
  acls: AclSnapshot,
  after: readonly Acl[],
  accesses: readonly Access[],
  regimes: ReadonlySet<Regime>,
): readonly Loss[] {
  const possible = [...regimes].filter((one) => one !== 'super-user');
  if (possible.length === 0) return [];
  const [now, then] = [indexAcls(acls.entries), indexAcls(after)];
  return accesses.flatMap((access) => {
    const subjects = possible.map((one) => ({ principal: acls.principal, everyoneIfNone: one === 'open' }));
    if (acls.principal === undefined) return unknownLoss(now, then, access);
    const isLost = (subject: Subject, anyHost: boolean) =>
      authorizes(now, access, subject, anyHost) && !authorizes(then, access, subject, anyHost);
    if (subjects.some((subject) => isLost(subject, false))) return [{ access, isCertain: true }];
    return subjects.some((subject) => isLost(subject, true)) ? [{ access, isCertain: false }] : [];
  });
}

function unknownLoss(now: AclIndex, then: AclIndex, access: Access): readonly Loss[] {
  const [before, after] = [aclsAbout(now, access.type, access.name), aclsAbout(then, access.type, access.name)];
  const known = new Set(before.map((acl) => JSON.stringify(acl)));
  const isEverybody = ({ principal, host }: Acl) => principal === 'User:*' && host === '*';
  const denies = after.filter(
    (acl) =>
      acl.permission === 'deny' &&
      (acl.operation === 'all' || acl.operation === access.operation) &&
      !known.has(JSON.stringify(acl)),
  );
  if (denies.length > 0) return [{ access, isCertain: denies.some(isEverybody) }];
  const allowed = (acls: readonly Acl[]) => acls.filter((acl) => acl.permission === 'allow').length;
  const isFirst = before.length === 0 && after.length > 0;
  return isFirst || allowed(after) < allowed(before) ? [{ access, isCertain: false }] : [];
}
