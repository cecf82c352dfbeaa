import type { Acl } from '../cluster/acl.ts';
import type { FlowDefinition } from '../migration/migration.ts';
import type { StateSnapshot } from '../state/records.ts';
import type { QuotaState, TopicState } from './execution-plan.ts';

/** What the last apply made of a topic; undefined where kplan never applied it. */
export function appliedTopic(state: StateSnapshot, address: string): TopicState | undefined {
  const applied = state.applied.get(address)?.state;
  return applied !== undefined && 'partitions' in applied ? applied : undefined;
}

/** What the last apply made of a flow; undefined where kplan never applied it. */
export function appliedFlow(state: StateSnapshot, address: string): FlowDefinition | undefined {
  const applied = state.applied.get(address)?.state;
  return applied !== undefined && 'engine' in applied ? applied : undefined;
}

/** What the last apply made of a quota; undefined where kplan never applied it. */
export function appliedQuota(state: StateSnapshot, address: string): QuotaState | undefined {
  const applied = state.applied.get(address)?.state;
  return applied !== undefined && 'limits' in applied ? applied : undefined;
}

/** The ACL that the last apply made; undefined where kplan never made it, or deleted it. */
export function appliedAcl(state: StateSnapshot, address: string): Acl | undefined {
  const applied = state.applied.get(address)?.state;
  return applied !== undefined && 'principal' in applied ? applied : undefined;
}
