import type { CodeTable } from './code-definition.ts';

/** KP23xx: ACLs. */
export const aclCodes = {
  KP2301: {
    title: 'Cluster without an authorizer',
    severity: 'error',
    cause:
      'The plan file has ACLs for a cluster whose brokers have no authorizer: they keep no ACLs, and everybody may do everything.',
    fix: 'Set authorizer.class.name on the brokers first, or remove the ACLs of this cluster from the plan file.',
  },
  KP2302: {
    title: 'ACLs may not be changed',
    severity: 'error',
    cause: 'The principal that kplan uses lacks ALTER on the cluster, without which no ACL can be made or deleted.',
    fix: 'Give it ALTER on the cluster, or connect as a super user.',
  },
  KP2303: {
    title: 'ACLs that would shut kplan out',
    severity: 'error',
    cause:
      'After these changes kplan itself could not do what the plan file asks of it: a DENY beats every ALLOW, and the first ACL of a resource ends what allow.everyone.if.no.acl.found=true gave.',
    fix: "Leave kplan's own principal out of DENYs and keep its ALLOWs; where it is about a first ACL, declare an ALLOW for kplan's principal on the same resource, or connect as a super user.",
  },
  KP2304: {
    title: 'ACLs that may shut kplan out',
    severity: 'warning',
    cause:
      'Whether kplan could still work after these changes depends on what the cluster does not tell: the principal that kplan is to it, or the host that kplan connects from.',
    fix: "Make sure that kplan's own principal has what it needs on these resources.",
  },
  KP2305: {
    title: 'ACLs that wait for the cutover',
    severity: 'note',
    cause:
      'A flow brings ACLs along with write: at-cutover, so that nobody but kplan writes to the target while it is mirrored.',
    fix: 'The cutover brings them, in a version that has cutovers; write: now brings them at once.',
  },
  KP2306: {
    title: 'ACLs that are not brought along',
    severity: 'note',
    cause:
      "An ACL of the source is about more than the flow's topics and groups: every topic, every group, the cluster, transactional ids, tokens or users.",
    fix: 'Declare what the target needs under acls.',
  },
  KP2307: {
    title: 'ACL both wanted and absent',
    severity: 'error',
    cause: 'A flow brings an ACL along that the plan file declares absent.',
    fix: 'Exclude its principal from the flow, or remove the declaration.',
  },
  KP2308: {
    title: 'ACL of a super user',
    severity: 'note',
    cause: 'Brokers let the principals of super.users do everything, without looking at ACLs.',
    fix: "Take the principal out of the brokers' super.users where the ACL shall hold.",
  },
  KP2309: {
    title: 'No ACLs to bring along',
    severity: 'warning',
    cause: 'No principal with ACLs on the source matches a pattern of the flow, or the source has no authorizer.',
    fix: 'Correct the pattern (principals look like User:alice), or remove it.',
  },
  KP2310: {
    title: 'Impossible ACL',
    severity: 'error',
    cause: 'Kafka refuses such an ACL, or never looks at it.',
    fix: 'Correct the operation or the resource.',
  },
} as const satisfies CodeTable;
