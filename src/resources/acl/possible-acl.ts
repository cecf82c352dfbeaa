import type { Acl } from '../../cluster/acl.ts';

const common = ['all', 'describe', 'alter'];

/** The operations that each kind of resource knows (org.apache.kafka.security.authorizer.AclEntry). */
const operations: Readonly<Record<string, readonly string[]>> = {
  topic: [...common, 'read', 'write', 'create', 'delete', 'describe-configs', 'alter-configs'],
  group: ['all', 'read', 'describe', 'delete', 'describe-configs', 'alter-configs'],
  cluster: [...common, 'create', 'cluster-action', 'describe-configs', 'alter-configs', 'idempotent-write'],
  'transactional-id': ['all', 'describe', 'write'],
  'delegation-token': ['all', 'describe'],
  user: ['all', 'create-tokens', 'describe-tokens'],
};

/** Why Kafka would refuse such an ACL or never look at it; null where it would not. */
export function impossible({ type, pattern, name, operation }: Acl): string | null {
  if (type === 'cluster' && (name !== 'kafka-cluster' || pattern !== 'literal')) {
    return 'the resource of type cluster is called kafka-cluster, pattern literal';
  }
  const known = operations[type];
  if (known === undefined || known.includes(operation)) return null;
  return `a resource of type ${type} knows ${known.join(', ')}`;
}
