import type { AclSnapshot } from './acl.ts';
import type { ProgressSnapshot } from './progress.ts';

/**
 * What lives on one cluster, read once before planning. Values only: the planner never asks a broker.
 * Maps, not objects: `__proto__` is a legal topic name.
 */
export interface ClusterSnapshot {
  /** The cluster's name in the plan file. */
  readonly name: string;
  readonly clusterId: string;
  /** What the brokers' feature levels and API versions tell, for instance "3.9" or "4.0-4.1"; brokers do not say more. */
  readonly kafkaVersion?: string;
  readonly brokers: readonly BrokerSnapshot[];
  /** Every topic of the cluster by name; settings only where the scope asked for them. */
  readonly topics: ReadonlyMap<string, TopicSnapshot>;
  /** The settings that a topic created without any would have; empty where the cluster did not tell. */
  readonly newTopicSettings: ReadonlyMap<string, Setting>;
  /** Consumer groups; empty where nothing asked for them. */
  readonly groups: readonly GroupListing[];
  /** Absent where nothing asked for them. */
  readonly acls?: AclSnapshot;
  /** Absent where nothing asked for it. */
  readonly progress?: ProgressSnapshot;
  /** Client quotas of all entities; absent where nothing asked for them. */
  readonly quotas?: readonly QuotaSnapshot[];
}

/** Whose quota: a user, a client id, both, or an address; `<default>` as a value: everyone without one of their own. */
export interface QuotaEntity {
  readonly user?: string;
  readonly clientId?: string;
  readonly ip?: string;
}

export interface QuotaSnapshot {
  readonly entity: QuotaEntity;
  /** By Kafka's names, as doubles: bytes, partitions or connections a second, or percent of a thread. */
  readonly limits: Readonly<Record<string, number>>;
}

export interface BrokerSnapshot {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string;
}

export interface TopicSnapshot {
  readonly name: string;
  /** As Kafka prints it (URL-safe base64); absent on clusters before 2.8. */
  readonly topicId?: string;
  /** Marked internal by the broker, for instance `__consumer_offsets`. */
  readonly internal: boolean;
  /** Ordered by partition number. */
  readonly partitions: readonly PartitionSnapshot[];
  /** Effective settings by name; absent where the scope did not ask. */
  readonly settings?: ReadonlyMap<string, Setting>;
  /**
   * Offsets between the starts and the ends of its logs: markers of transactions and what was compacted count too. Absent
   * where the scope did not ask, or a partition did not tell.
   */
  readonly recordsMax?: bigint;
}

export interface PartitionSnapshot {
  readonly partition: number;
  /** -1 where there is none. */
  readonly leader: number;
  /** Without those that a running reassignment takes away. */
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
}

/** Where a value comes from (DescribeConfigs, KIP-226); only `topic` is set on the topic itself. */
export type SettingSource = 'topic' | 'broker' | 'cluster' | 'static' | 'default' | 'unknown';

export interface Setting {
  /** null where the broker keeps it to itself (sensitive). */
  readonly value: string | null;
  readonly source: SettingSource;
  /** What would hold if the topic did not set it: the first synonym that is not the topic's own. */
  readonly inherited?: { readonly value: string | null; readonly source: SettingSource };
}

export interface GroupListing {
  readonly group: string;
  /** classic | consumer (KIP-848) | share | streams, as far as the cluster tells. */
  readonly type: string;
  readonly state: string;
}
