import type { Acl } from '../../cluster/acl.ts';

/** `allow read on topic orders`, `deny all on topics beginning with orders. from 10.0.0.1`; without the principal. */
export function aclWords(acl: Acl): string {
  return `${acl.permission} ${acl.operation} on ${resourceWords(acl)}${hostWords(acl)}`;
}

export function resourceWords({ type, pattern, name }: Pick<Acl, 'type' | 'pattern' | 'name'>): string {
  if (type === 'cluster') return 'the cluster';
  if (pattern === 'prefixed') return `${type}s beginning with ${name}`;
  return name === '*' ? `every ${type}` : `${type} ${name}`;
}

export function hostWords({ host }: Pick<Acl, 'host'>): string {
  return host === '*' ? '' : ` from ${host}`;
}

/** Equal keys are equal ACLs. */
export function aclKey(acl: Acl): string {
  const { principal, type, pattern, name, operation, permission, host } = acl;
  return JSON.stringify([principal, type, pattern, name, operation, permission, host]);
}

const keys = new WeakMap<readonly Acl[], ReadonlySet<string>>();

/** The keys of a listing, made once for each: there may be thousands, and thousands to look up. */
export function aclKeys(entries: readonly Acl[]): ReadonlySet<string> {
  const known = keys.get(entries);
  if (known !== undefined) return known;
  const made = new Set(entries.map(aclKey));
  keys.set(entries, made);
  return made;
}

/** How many ACLs a diagnostic names before it counts the rest. */
const listedMax = 10;

/** `User:alice: allow write on topic orders`, separated by `; `. */
export function aclListText(acls: readonly Acl[]): string {
  const more = acls.length > listedMax ? `; and ${acls.length - listedMax} more` : '';
  const shown = acls.slice(0, listedMax).map((acl) => `${acl.principal}: ${aclWords(acl)}`);
  return `${shown.join('; ')}${more}`;
}
