import type { Acl } from '../cluster/acl.ts';
import { named } from '../diagnostics/named.ts';
import { parseAddress } from '../execution-plan/address.ts';
import type { Flow } from '../migration/migration.ts';
import { aclKey } from '../resources/acl/acl-words.ts';
import { aclsAbout, authorizes, indexAcls } from '../resources/acl/authorize.ts';
import type { RuleContext, RuleNotice } from './rule.ts';

/** By the ACLs as they are after the plan, where they were read: nobody tells who may write without any. */
export function othersMayWriteTarget(flow: Flow, context: RuleContext): RuleNotice | undefined {
  const acls = context.snapshots.get(flow.target)?.acls;
  if (flow.delivery !== 'idempotent' || acls === undefined || !acls.authorizer) return undefined;
  const index = indexAcls(aclsAfter(flow.target, acls.entries, context));
  const writers = new Set<string>();
  for (const { target: name } of flow.topics) {
    const access = { operation: 'write', type: 'topic', name };
    for (const { principal } of aclsAbout(index, 'topic', name)) {
      if (authorizes(index, access, { principal, everyoneIfNone: false })) writers.add(principal);
    }
  }
  if (acls.principal !== undefined) writers.delete(acls.principal);
  // Where only the brokers know who kplan is, one writer may well be kplan.
  else if (writers.size === 1 && !writers.has(everybody)) return undefined;
  if (writers.size === 0) return undefined;
  const summary = `Flow ${flow.name} delivers idempotently, and others may write its topics on ${flow.target}.`;
  return { summary, detail: named([...writers]) };
}

const everybody = 'User:*';

function aclsAfter(cluster: string, live: readonly Acl[], { changes }: RuleContext): readonly Acl[] {
  const after = new Map(live.map((acl) => [aclKey(acl), acl]));
  for (const change of changes) {
    const address = parseAddress(change.address);
    if (change.kind !== 'acl' || address?.kind !== 'acl' || address.cluster !== cluster) continue;
    if (change.after !== null) after.set(aclKey(change.after), change.after);
    else if (change.before !== null) after.delete(aclKey(change.before));
  }
  return [...after.values()];
}
