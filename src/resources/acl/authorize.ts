import type { Acl } from '../../cluster/acl.ts';
import { type Access, resourceKey } from '../../cluster/rights.ts';

/** ACLs by the resource that they are about. */
export interface AclIndex {
  readonly literal: ReadonlyMap<string, readonly Acl[]>;
  readonly prefixed: ReadonlyMap<string, readonly Acl[]>;
}

export interface Subject {
  /** Absent: nobody knows, so that only ACLs of everybody are surely about it. */
  readonly principal?: string | undefined;
  /** allow.everyone.if.no.acl.found */
  readonly everyoneIfNone: boolean;
}

export function indexAcls(acls: readonly Acl[]): AclIndex {
  const [literal, prefixed] = [new Map<string, Acl[]>(), new Map<string, Acl[]>()];
  for (const acl of acls) {
    const [map, key] = acl.pattern === 'prefixed' ? [prefixed, acl.type] : [literal, resourceKey(acl)];
    const list = map.get(key);
    if (list === undefined) map.set(key, [acl]);
    else list.push(acl);
  }
  return { literal, prefixed };
}

/** The ACLs that are about a resource: of its name, of `*`, and of what its name begins with. */
export function aclsAbout(index: AclIndex, type: string, name: string): readonly Acl[] {
  return [
    ...(index.literal.get(resourceKey({ type, name })) ?? []),
    ...(name === '*' ? [] : (index.literal.get(resourceKey({ type, name: '*' })) ?? [])),
    ...(index.prefixed.get(type) ?? []).filter((acl) => name.startsWith(acl.name)),
  ];
}

/**
 * Whether Kafka's authorizer lets `subject` do it (StandardAuthorizerData in Kafka's metadata module): a DENY beats
 * every ALLOW, ALLOWs of some operations imply others, and a resource without any ACL is open or closed to all as
 * allow.everyone.if.no.acl.found says. Super users never get this far. Where kplan connects from is not known: an ALLOW
 * of a host is taken as ours, a DENY of a host only where `anyHost` says so.
 */
export function authorizes(index: AclIndex, access: Access, subject: Subject, anyHost = false): boolean {
  const about = aclsAbout(index, access.type, access.name);
  if (about.length === 0) return subject.everyoneIfNone;
  const ours = about.filter(({ principal }) => principal === 'User:*' || principal === subject.principal);
  const isDenied = ours.some(
    ({ permission, operation, host }) =>
      permission === 'deny' && (operation === 'all' || operation === access.operation) && (host === '*' || anyHost),
  );
  if (isDenied) return false;
  const enough = new Set(['all', access.operation, ...(implying[access.operation] ?? [])]);
  return ours.some(({ permission, operation }) => permission === 'allow' && enough.has(operation));
}

/** Operations whose ALLOW includes another one (org.apache.kafka.common.acl.AclOperation). */
const implying: Readonly<Record<string, readonly string[]>> = {
  describe: ['read', 'write', 'delete', 'alter'],
  'describe-configs': ['alter-configs'],
};
