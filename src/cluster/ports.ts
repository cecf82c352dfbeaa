import type { AclSnapshot } from './acl.ts';

import type { ProgressScope, ProgressSnapshot } from './progress.ts';

import type { PlannedRequests, Refusal } from './requests.ts';

import type { Access, HeldRights } from './rights.ts';
import type { BrokerSnapshot, GroupListing, QuotaSnapshot, Setting, TopicSnapshot } from './snapshot.ts';

/** What a snapshot reads of a cluster. Every call may fail with a cluster fault that names cluster and request. */
export interface ClusterReader {
  describeCluster(): Promise<{
    readonly clusterId: string;
    readonly kafkaVersion?: string;
    readonly brokers: readonly BrokerSnapshot[];
  }>;
  /** All topics with partitions and placement, without settings. */
  listTopics(): Promise<readonly TopicSnapshot[]>;
  /** Effective settings of the topics named; a topic that vanished meanwhile is absent from the answer. */
  describeTopicSettings(topics: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, Setting>>>;
  /** The settings that a topic created without any would get (CreateTopics v7 with validateOnly). */
  newTopicSettings(): Promise<ReadonlyMap<string, Setting>>;
  /** How many records each of these topics has at most; absent where a partition does not tell. */
  recordsMaxOf(topics: readonly TopicSnapshot[]): Promise<ReadonlyMap<string, bigint>>;
  listGroups(): Promise<readonly GroupListing[]>;
  /** How far these topics and groups are, and who holds them back. What the user may not ask for is said, and no fault. */
  readProgress(scope: ProgressScope): Promise<ProgressSnapshot>;
  /** All ACLs, and how far the cluster tells what they mean for kplan itself. */
  describeAcls(): Promise<AclSnapshot>;
  /** The client quotas of every entity. */
  describeQuotas(): Promise<readonly QuotaSnapshot[]>;
  /** What the brokers would refuse of these; they only check them, and change nothing (`validateOnly`). */
  validate(requests: PlannedRequests): Promise<readonly Refusal[]>;
  /** What kplan may do with the resources of these accesses, as far as brokers tell. */
  heldRights(accesses: readonly Access[]): Promise<HeldRights>;
  /** Who kplan is to the brokers; undefined where they alone know (a certificate's or a token's principal). */
  principal(): Promise<string | undefined>;
}
