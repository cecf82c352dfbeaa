import type { Acl } from '../../../src/cluster/acl.ts';

/** A literal ALLOW from every host. */
export function acl(principal: string, type: string, name: string, operation: string): Acl {
  return { principal, type, pattern: 'literal', name, operation, permission: 'allow', host: '*' };
}
