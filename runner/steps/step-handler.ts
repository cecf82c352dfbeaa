import type { Acl } from '../../src/cluster/acl.ts';
import type { QuotaAlteration } from '../../src/cluster/requests.ts';
import type { QuotaEntity } from '../../src/cluster/snapshot.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { ChangeOf, ExecutionPlan, Step, StepKind } from '../../src/execution-plan/execution-plan.ts';
import type { Flow } from '../../src/migration/migration.ts';
import type { LeaseHolder } from '../../src/state/records.ts';
import type { Emit } from '../run/events.ts';
import type { RunWorld } from '../run/world.ts';
import type { HeldByUs } from '../state/lease.ts';
import type { StateLog } from '../state/state-log.ts';

/** What a step of each kind is about. */
export interface StepSubjects {
  readonly 'create-topic': TopicSubject;
  readonly 'add-partitions': TopicSubject;
  readonly 'alter-topic-settings': TopicSubject;
  readonly 'alter-quota': QuotaSubject;
  readonly 'create-acl': AclSubject;
  readonly 'delete-acl': AclSubject;
  readonly 'define-flow': { readonly change: ChangeOf<'flow'>; readonly flow: Flow };
  readonly mirror: Flow;
  readonly 'sync-groups': Flow;
  readonly 'delete-topic': DeletedTopic;
}

export interface TopicSubject {
  readonly cluster: string;
  readonly topic: string;
  readonly before: ChangeOf<'topic'>['before'];
  readonly after: NonNullable<ChangeOf<'topic'>['after']>;
}

export interface DeletedTopic {
  readonly cluster: string;
  readonly topic: string;
  /** Absent where the cluster has no ids: any topic of that name is meant. */
  readonly topicId?: string;
}

export interface QuotaSubject {
  readonly cluster: string;
  readonly entity: QuotaEntity;
  /** Every limit of the change as it must be; null: not set. */
  readonly wanted: Readonly<Record<string, number | null>>;
  /** The limits among them that the change alters. */
  readonly alteration: QuotaAlteration;
}

export interface AclSubject {
  readonly cluster: string;
  readonly acl: Acl;
}

export interface Work<K extends StepKind> {
  readonly step: Step;
  readonly subject: StepSubjects[K];
}

/** How one step ended. `interrupted`: asked to stop before it was done. `decide`: a person must. */
export type StepOutcome =
  /** `topicId`: of the topic that it made, where the broker told. `isStale`: by now there is more to do than was planned. */
  | { readonly result: 'done'; readonly topicId?: string; readonly isStale?: boolean }
  | { readonly result: 'interrupted' }
  | { readonly result: 'failed' | 'decide'; readonly diagnostics: readonly Diagnostic[] };

export interface StepContext {
  readonly plan: ExecutionPlan;
  readonly world: RunWorld;
  readonly control: HeldByUs;
  readonly stateLog: StateLog;
  /** Who we are, and for how long our leases outlive us. */
  readonly leasing: { readonly holder: LeaseHolder; readonly leaseSeconds: number };
  /** Aborted by an interrupt, the time limit or a lost lease: finish what is at hand and stop. */
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** What work on a flow needs; the control lease is held only while steps are done. */
export type FlowWork = Omit<StepContext, 'control'>;

/**
 * One kind of step. Every method takes a batch of steps that may be done together and answers for each by the step's id.
 * Faults of whole clusters are thrown (`ClusterFault`); what one step alone meets is its outcome.
 */
export interface StepHandler<K extends StepKind> {
  /** Steps that one batch holds at most. */
  readonly batchMax: number;
  subject(step: Step, plan: ExecutionPlan): StepSubjects[K];
  /** What the cluster would refuse; changes nothing. Asked for every step before the first one is begun. */
  check(work: readonly Work<K>[], context: StepContext): Promise<readonly Diagnostic[]>;
  /** The ids of the steps that are done already. */
  inspect(work: readonly Work<K>[], context: StepContext): Promise<ReadonlySet<string>>;
  /** Safe to repeat. */
  apply(work: readonly Work<K>[], context: StepContext): Promise<ReadonlyMap<string, StepOutcome>>;
  /** Looks whether it is as wanted, with a deadline; answers what is not. */
  verify(work: readonly Work<K>[], context: StepContext): Promise<ReadonlyMap<string, readonly Diagnostic[]>>;
}

/** For kinds that ask nothing beforehand, or whose apply is its own proof. */
export const checksNothing = async (): Promise<readonly Diagnostic[]> => [];
export const verifiesNothing = async (): Promise<ReadonlyMap<string, readonly Diagnostic[]>> => new Map();
export const neverDone = async (): Promise<ReadonlySet<string>> => new Set();
