import type { Acl } from '../cluster/acl.ts';
import type { QuotaEntity } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { FlowDefinition, Migration } from '../migration/migration.ts';

/** The saved plan (`*.kplan.json`), formatVersion "1.x"; schema/execution-plan.v1.schema.json is the contract. */
export interface ExecutionPlan {
  readonly formatVersion: string;
  readonly kplanVersion: string;
  /** SHA-256 (hex) over the canonical JSON (RFC 8785) of the document without `digest`. */
  readonly digest: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly source: {
    /** Absolute path of the plan file when it was planned. */
    readonly path: string;
    readonly sha256: string;
    readonly commit?: string;
    readonly dirty?: boolean;
  };
  readonly migration: Migration;
  readonly clusters: Readonly<Record<string, { readonly clusterId: string; readonly kafkaVersion?: string }>>;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly drift: readonly Change[];
  readonly summary: {
    readonly create: number;
    readonly update: number;
    readonly delete: number;
    readonly unchanged: number;
  };
  readonly diagnostics: readonly Diagnostic[];
  /** False where a diagnostic is an error: apply refuses it. */
  readonly applyable: boolean;
}

export type Action = 'no-op' | 'create' | 'update' | 'delete';

/** What each kind of resource looks like before and after. A new kind is added here and does not compile until it is handled. */
export interface ResourceStates {
  readonly topic: TopicState;
  readonly flow: FlowDefinition;
  readonly quota: QuotaState;
  readonly acl: Acl;
}

export type ResourceKind = keyof ResourceStates;

/** One resource's difference, with both sides. Positions and lag never stand in it: being behind is no change. */
export interface ChangeOf<K extends ResourceKind> {
  readonly address: string;
  readonly kind: K;
  readonly action: Action;
  readonly before: ResourceStates[K] | null;
  readonly after: ResourceStates[K] | null;
  readonly reason: string;
}

export type Change = { [K in ResourceKind]: ChangeOf<K> }[ResourceKind];

export interface TopicState {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Settings that kplan owns on this topic; null: not set on the topic itself (the cluster's default holds). */
  readonly config: Readonly<Record<string, string | null>>;
  /** Which topic of that name, as Kafka prints ids; only of one that is there, and whose cluster has ids (2.8). */
  readonly topicId?: string;
  /**
   * Brokers by partition number, the preferred leader first; only where the plan moves replicas. Partitions that the plan
   * adds are absent: the brokers place them.
   */
  readonly replicas?: readonly (readonly number[])[];
}

export interface QuotaState {
  /** Stands here too, since names may hold what an address has between its parts. */
  readonly entity: QuotaEntity;
  /** Limits that kplan owns on this entity, by Kafka's names; null: not set. */
  readonly limits: Readonly<Record<string, number | null>>;
}

/**
 * What apply can do. `create-topic`, `add-partitions`, `alter-topic-settings` and `delete-topic` speak of topics, `alter-quota` of quotas,
 * `create-acl` and `delete-acl` of ACLs, the rest of flows.
 */
export type StepKind =
  | 'create-topic'
  | 'add-partitions'
  | 'alter-topic-settings'
  | 'alter-quota'
  | 'create-acl'
  | 'delete-acl'
  | 'define-flow'
  | 'mirror'
  | 'sync-groups'
  | 'delete-topic';

export interface Step {
  /** `<kind>:<address>`. */
  readonly id: string;
  readonly kind: StepKind;
  readonly address: string;
  /** Ids of the steps that must be done before. */
  readonly after: readonly string[];
  readonly reason: string;
  /** How a person takes it back, where that is possible. */
  readonly undo?: string;
}
