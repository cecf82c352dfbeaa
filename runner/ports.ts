import type { Acl } from '../src/cluster/acl.ts';
import type { MorePartitions, NewTopic, QuotaAlteration, TopicAlteration } from '../src/cluster/requests.ts';
import type { TopicPartition } from './engines/native/ports.ts';
import type { ClusterFault } from './kafka/cluster-fault.ts';
import type { RetryLimits } from './kafka/retry.ts';

/** What the runner writes to a cluster's control plane. Every call is safe to repeat; many topics take several requests. */
export interface TopicWriter {
  /** A topic that exists already is an error value. */
  createTopics(topics: readonly NewTopic[], how: Sending): Promise<readonly TopicOutcome[]>;
  createPartitions(topics: readonly MorePartitions[], how: Sending): Promise<readonly TopicOutcome[]>;
  /** IncrementalAlterConfigs (KIP-339): SET, or DELETE where the value is null. */
  alterTopicSettings(topics: readonly TopicAlteration[], how: Sending): Promise<readonly TopicOutcome[]>;
  /** By the id where one is given, so that another topic of that name stays. A topic that is not there is an error value. */
  deleteTopics(
    topics: readonly { readonly topic: string; readonly topicId?: string }[],
    how?: Pick<Sending, 'beforeRequest'>,
  ): Promise<readonly TopicOutcome[]>;
}

export interface Sending {
  /** The broker checks all of it and changes nothing. */
  readonly validateOnly: boolean;
  /** Awaited before each request; where it throws, no further one is sent. */
  readonly beforeRequest?: () => Promise<void>;
}

export interface TopicOutcome {
  readonly topic: string;
  /** Kafka's error name, or null. */
  readonly error: string | null;
  readonly message?: string;
  /** Of a topic that was made, where the broker tells. */
  readonly topicId?: string;
}

/** What the runner writes of client quotas. Safe to repeat. */
export interface QuotaWriter {
  /** `validateOnly` asks the broker to check all of it and change nothing. */
  alterQuotas(
    alterations: readonly QuotaAlteration[],
    options: { readonly validateOnly: boolean },
  ): Promise<readonly QuotaOutcome[]>;
}

export interface QuotaOutcome {
  /** `entityKey` of the entity. */
  readonly entityKey: string;
  /** Kafka's error name, or null. */
  readonly error: string | null;
  readonly message?: string;
}

/** What the runner writes of ACLs; answers in the order of what was asked. Safe to repeat. */
export interface AclWriter {
  createAcls(acls: readonly Acl[]): Promise<readonly AclOutcome[]>;
  /** Each of exactly these; one that is not there is no error. */
  deleteAcls(acls: readonly Acl[]): Promise<readonly AclOutcome[]>;
}

export interface AclOutcome {
  /** Kafka's error name, or null. */
  readonly error: string | null;
  readonly message?: string;
}

/** Classic and KIP-848 consumer groups of one cluster. */
export interface GroupReader {
  /** State as Kafka names it: `Empty`, `Stable`, `Dead`, ...; members with client id and host where it is active. */
  describeGroups(groups: readonly string[]): Promise<ReadonlyMap<string, GroupDescription>>;
  /** Committed offsets of all partitions, transactions pending on them awaited (OffsetFetch with require_stable, KIP-447). */
  committedOffsets(groups: readonly string[]): Promise<ReadonlyMap<string, readonly CommittedOffset[]>>;
  /**
   * The same, told for each group: one that can not be read keeps no other from being read. Those whose fault passes are asked
   * again, all of them together, within the limits.
   */
  committedOfEach(
    groups: readonly string[],
    limits: RetryLimits,
  ): Promise<ReadonlyMap<string, readonly CommittedOffset[] | ClusterFault>>;
  /**
   * After so long a commit that nobody renews expires (`offsets.retention.minutes`), the shortest of all brokers; null where
   * the user may not ask.
   */
  offsetsRetentionMs(): Promise<number | null>;
}

export interface GroupDescription {
  readonly group: string;
  readonly type: string;
  readonly state: string;
  readonly members: readonly { readonly memberId: string; readonly clientId: string; readonly host: string }[];
  /** Whether a member ever joined since the group was made; one that only has commits has none. */
  readonly hadMembers: boolean;
}

/** What the runner writes of groups outside of transactions. */
export interface GroupWriter {
  /**
   * OffsetDelete (KIP-496): a commit that is not there is no error. Throws a ClusterFault where the broker refuses, as it
   * does while members read the topic. Epochs fence it not: look at the lease before.
   */
  deleteOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void>;
}

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly metadata: string | null;
  /** Of the record before it, where the committer knew it (KIP-320). */
  readonly leaderEpoch?: number;
}
