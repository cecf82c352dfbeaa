import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import type { Change } from '../execution-plan/execution-plan.ts';
import type { Flow, Migration } from '../migration/migration.ts';
import type { DesiredTopic } from '../resources/topic/desired-topic.ts';
import type { StateSnapshot } from '../state/records.ts';

/** A wanted topic with the settings that will hold for it, defaults of the brokers included. */
export interface PlannedTopic {
  readonly desired: DesiredTopic;
  /** The name of the source topic; absent where the topic is declared in its own right. */
  readonly source?: string;
  /** What holds at its cluster after the plan; undefined where nobody tells. */
  readonly atTarget: (setting: string) => string | undefined;
  /** What holds at its cluster once it is no longer mirrored; as `atTarget` where the topic is declared. */
  readonly afterCutover: (setting: string) => string | undefined;
  /** Whether its flow was never applied: what is worth saying once is said then. */
  readonly isNewlyMirrored: boolean;
  /** What holds for the source topic; undefined where there is none, or nobody tells. */
  readonly atSource: (setting: string) => string | undefined;
}

/**
 * What a rule says of one topic: the rest of a sentence that begins with the topic's name. The same for all topics with
 * the same trouble, so that a thousand of them make one diagnostic; numbers go to the detail.
 */
export interface TopicRemark {
  readonly says: string;
  readonly detail?: string;
  /** Absent: the advice of the code. */
  readonly fix?: string;
}

export type TopicRule = (topic: PlannedTopic) => TopicRemark | undefined;

export interface RuleContext {
  readonly migration: Migration;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
  readonly changes: readonly Change[];
  /** When the plan is made, ms since 1970. */
  readonly nowMs: number;
}

/** What a rule says of a flow or a cluster. */
export interface RuleNotice {
  /** One sentence that stands alone. */
  readonly summary: string;
  readonly detail?: string;
  /** Absent: the advice of the code. */
  readonly fix?: string;
}

export type FlowRule = (flow: Flow, context: RuleContext) => RuleNotice | undefined;

export type ClusterRule = (cluster: ClusterSnapshot, context: RuleContext) => RuleNotice | undefined;
