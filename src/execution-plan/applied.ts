import type { Acl } from '../cluster/acl.ts';
import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import type { FlowDefinition, Migration } from '../migration/migration.ts';
import type { StateSnapshot } from '../state/records.ts';
import type { QuotaState, ResourceKind, ResourceStates, TopicState } from './execution-plan.ts';

/** A resource that is now as it is wanted; null: gone. */
export interface NowApplied {
  readonly address: string;
  readonly state: ResourceStates[ResourceKind] | null;
}

/** What is wanted, what lives and what was applied, seen at one time. */
export interface SeenResources {
  readonly migration: Migration;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
}

/** A resource that is wanted to be there. */
export interface WantedResource {
  readonly address: string;
  /** It is as wanted, and this is not stored of it yet. */
  readonly adopt?: ResourceStates[ResourceKind] | undefined;
}

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
