/**
 * One access control entry with the resource that it is about, in the plan file's words (`describe-configs`,
 * `transactional-id`); principal, name and host as Kafka prints them. It has no other state: it is there or not.
 */
export interface Acl {
  readonly principal: string;
  /** topic | group | cluster | transactional-id | delegation-token | user; `code-N` for one that this version does not know. */
  readonly type: string;
  readonly pattern: string;
  readonly name: string;
  readonly operation: string;
  readonly permission: string;
  readonly host: string;
}

/** The ACLs of one cluster, and how far the cluster tells what they mean for kplan itself. */
export interface AclSnapshot {
  /** False: the brokers answer SECURITY_DISABLED, nobody is asked for ACLs there. */
  readonly authorizer: boolean;
  readonly entries: readonly Acl[];
  /** Who kplan is to the brokers; absent where they alone know (a certificate's or a token's principal). */
  readonly principal?: string;
  /** What kplan may do to the cluster resource (DescribeCluster, KIP-430); absent where the cluster did not tell. */
  readonly clusterOperations?: readonly string[];
  /** allow.everyone.if.no.acl.found; `unknown` where brokers hide the value or kplan may not read their settings. */
  readonly everyoneIfNone: 'yes' | 'no' | 'unknown';
  /** super.users; absent where brokers hide them. */
  readonly superUsers?: readonly string[];
}

/** What a listing holds where there is no authorizer. */
export const noAuthorizer: AclSnapshot = { authorizer: false, entries: [], everyoneIfNone: 'unknown' };

/** In a test case's file: what is left out is a literal ALLOW from every host, and of the rest nothing is told. */
export interface AclsJson extends Partial<Omit<AclSnapshot, 'entries'>> {
  readonly entries?: readonly (Pick<Acl, 'principal' | 'type' | 'name' | 'operation'> & Partial<Acl>)[];
}

export function aclsFromJson(json: AclsJson): AclSnapshot {
  const usual = { pattern: 'literal', permission: 'allow', host: '*' };
  const entries = (json.entries ?? []).map((entry) => ({ ...usual, ...entry }));
  return { authorizer: true, everyoneIfNone: 'unknown', ...json, entries };
}
