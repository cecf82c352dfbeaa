import type { Acl } from '../../cluster/acl.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';

export interface WantedAcl {
  readonly address: string;
  readonly cluster: string;
  readonly acl: Acl;
  readonly state: 'present' | 'absent';
  readonly reason: string;
}

/** An ACL is there or not: it is made, deleted or left, never altered. */
export function aclChange({ address, acl, state, reason }: WantedAcl, isLive: boolean): ChangeOf<'acl'> {
  const before = isLive ? acl : null;
  const after = state === 'present' ? acl : null;
  const action = isLive === (after !== null) ? 'no-op' : isLive ? 'delete' : 'create';
  return { address, kind: 'acl', action, before, after, reason };
}

/** An ACL that kplan made and somebody deleted; null: it is still there, or kplan never made it. */
export function aclDrift(address: string, isLive: boolean, applied: Acl | undefined): ChangeOf<'acl'> | null {
  if (applied === undefined || isLive) return null;
  const reason = 'changed outside of kplan since the last apply';
  return { address, kind: 'acl', action: 'delete', before: applied, after: null, reason };
}
