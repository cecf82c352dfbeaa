import type { QuotaEntity } from './snapshot.ts';

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface MorePartitions {
  readonly topic: string;
  /** How many there are to be. */
  readonly partitions: number;
}

export interface TopicAlteration {
  readonly topic: string;
  /** Settings to set, or to give back to the default where the value is null; others stay as they are. */
  readonly settings: Readonly<Record<string, string | null>>;
}

export interface QuotaAlteration {
  readonly entity: QuotaEntity;
  /** Limits to set, or to remove where the value is null; others stay as they are. */
  readonly limits: Readonly<Record<string, number | null>>;
}

/** A request of a step, and the address of the change that it is part of. */
export type Planned<Request> = Request & { readonly address: string };

/** What the steps of a plan will ask of one cluster, as far as brokers can be asked beforehand (`validateOnly`). */
export interface PlannedRequests {
  readonly CreateTopics: readonly Planned<NewTopic>[];
  readonly CreatePartitions: readonly Planned<MorePartitions>[];
  readonly IncrementalAlterConfigs: readonly Planned<TopicAlteration>[];
  readonly AlterClientQuotas: readonly Planned<QuotaAlteration>[];
}

/** What brokers would not do. */
export interface Refusal {
  readonly address: string;
  readonly request: keyof PlannedRequests;
  /** Kafka's name of the error. */
  readonly error: string;
  /** The broker's own words. */
  readonly message?: string;
  /** The error goes away by itself: it says nothing about the change. */
  readonly isPassing: boolean;
}
