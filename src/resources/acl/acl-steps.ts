import type { ChangeOf, Step } from '../../execution-plan/execution-plan.ts';
import { aclWords, resourceWords } from './acl-words.ts';

/**
 * One step for each ACL; apply sends many of them in one request. What is made comes before what is deleted for the same
 * principal or on the same resource, so that nobody is without rights in between.
 */
export function stepsOfAcls(changes: readonly ChangeOf<'acl'>[]): readonly Step[] {
  const creates = changes.flatMap(createStep);
  const byMeaning = new Map<string, string[]>();
  for (const { step, keys } of creates) {
    for (const key of keys) {
      const ids = byMeaning.get(key);
      if (ids === undefined) byMeaning.set(key, [step.id]);
      else ids.push(step.id);
    }
  }
  const deletes = changes.flatMap(({ address, before, after, reason }): Step[] => {
    if (before === null || after !== null) return [];
    const wanted = new Set(meaningOf(address, before).flatMap((key) => byMeaning.get(key) ?? []));
    const undo = `Declare it again without state: absent: ${before.principal}, ${aclWords(before)}.`;
    return [{ id: `delete-acl:${address}`, kind: 'delete-acl', address, after: [...wanted], reason, undo }];
  });
  return [...creates.map((one) => one.step), ...deletes];
}

function createStep({ address, before, after, reason }: ChangeOf<'acl'>) {
  if (before !== null || after === null) return [];
  const undo = `Delete it, by state: absent or kafka-acls.sh --remove: ${after.principal}, ${aclWords(after)}.`;
  const step: Step = { id: `create-acl:${address}`, kind: 'create-acl', address, after: [], reason, undo };
  return [{ step, keys: meaningOf(address, after) }];
}

/** What two ACLs have in common where the one may stand for the other. */
function meaningOf(address: string, acl: NonNullable<ChangeOf<'acl'>['after']>): readonly string[] {
  const cluster = address.split('/')[1] ?? '';
  return [`${cluster} of ${acl.principal}`, `${cluster} on ${resourceWords(acl)}`];
}
