import type { Acl } from '../cluster/acl.ts';
import type { QuotaEntity } from '../cluster/snapshot.ts';

/** One segment of an address: percent-encoded, `*` too, so that an address is safe in a shell and splits at `/`. */
function segment(text: string): string {
  return isPlain.test(text) ? text : encodeURIComponent(text).replaceAll('*', '%2A');
}

/** What a topic's name may hold: nothing to encode. Addresses of tens of thousands of topics are made several times. */
const isPlain = /^[A-Za-z0-9._-]*$/;

export function topicAddress(cluster: string, topic: string): string {
  return `topic/${segment(cluster)}/${segment(topic)}`;
}

export function flowAddress(flow: string): string {
  return `flow/${segment(flow)}`;
}

export function groupAddress(flow: string, group: string): string {
  return `group/${segment(flow)}/${segment(group)}`;
}

/** The entity stands as `user=...,client-id=...,ip=...` in this order, what it lacks left out. */
export function quotaAddress(cluster: string, { user, clientId, ip }: QuotaEntity): string {
  const parts = Object.entries({ user, 'client-id': clientId, ip });
  const entity = parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(',');
  return `quota/${segment(cluster)}/${segment(entity)}`;
}

/** `acl/<cluster>/<principal>/<type>/<pattern>/<name>/<operation>/<permission>/<host>`. */
export function aclAddress(cluster: string, acl: Acl): string {
  const { principal, type, pattern, name, operation, permission, host } = acl;
  return ['acl', ...[cluster, principal, type, pattern, name, operation, permission, host].map(segment)].join('/');
}

export type ParsedAddress =
  | { readonly kind: 'topic'; readonly cluster: string; readonly name: string }
  | { readonly kind: 'quota'; readonly cluster: string; readonly entity: string }
  | { readonly kind: 'acl'; readonly cluster: string }
  | { readonly kind: 'flow'; readonly name: string };

/** The resource that an address names; null where it is none of those kplan knows. */
export function parseAddress(address: string): ParsedAddress | null {
  const [kind, first, second, ...rest] = address.split('/').map(decoded);
  if (kind === 'flow' && first && second === undefined) return { kind, name: first };
  if (kind === 'topic' && first && second && rest.length === 0) return { kind, cluster: first, name: second };
  if (kind === 'acl' && first && second && rest.length === 6) return { kind, cluster: first };
  if (kind === 'quota' && first && second && rest.length === 0) return { kind, cluster: first, entity: second };
  return null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
