import type { Acl } from '../cluster/acl.ts';
import type { QuotaEntity } from '../cluster/snapshot.ts';
import type { Mapping, Naming, TopicDefaults } from '../plan-file/plan-file.generated.ts';

/**
 * A plan file with every default filled in and every topic matched. Plain JSON: it is saved with the execution plan,
 * so that a saved plan runs alone. Secrets stay references.
 */
export interface Migration {
  readonly name: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: { readonly cluster: string; readonly replicationFactor?: number };
  readonly clusters: Readonly<Record<string, ClusterDefinition>>;
  readonly flows: readonly Flow[];
  readonly topics: readonly DeclaredTopic[];
  /** Topics that must not be there; absent: none is declared. */
  readonly absentTopics?: readonly AbsentTopic[];
  /** Absent: none is declared. */
  readonly quotas?: readonly DeclaredQuota[];
  /** Absent: none is declared. */
  readonly acls?: readonly DeclaredAcl[];
}

/** A value that is read when a command connects, never before. */
export type SecretReference = { readonly env: string } | { readonly file: string };

/** A value that is no secret: it may stand in the plan file itself. */
export type TextOrReference = string | SecretReference;

export interface ClusterDefinition {
  readonly bootstrap: readonly string[] | { readonly env: string };
  readonly tls?: TlsDefinition;
  readonly auth?: AuthDefinition;
  readonly addressMap: Readonly<Record<string, string>>;
}

export interface TlsDefinition {
  readonly ca?: SecretReference;
  readonly cert?: SecretReference;
  readonly key?: SecretReference;
  readonly serverName?: TextOrReference;
}

export type AuthDefinition =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: TextOrReference;
      readonly password: SecretReference;
    }
  | {
      readonly mechanism: 'oauthbearer';
      readonly token?: SecretReference;
      readonly tokenEndpoint?: TextOrReference;
      readonly clientId?: TextOrReference;
      readonly clientSecret?: SecretReference;
      readonly scope?: TextOrReference;
    }
  | { readonly mechanism: 'aws-msk-iam'; readonly region: TextOrReference };

/** One-way mirror from a source to a target cluster: its definition and, in `topics`, the members matched when read. */
export interface Flow extends FlowDefinition {
  readonly topics: readonly MirroredTopic[];
  /** The groups of the source that `groups` matched when read, for people; apply matches anew. Absent without `groups`. */
  readonly groupMembers?: readonly string[];
  /** How far each of them was when read, for people; those that the cluster did not tell of are absent. */
  readonly groupProgress?: readonly GroupProgress[];
  /** Which ACLs of the source come along; they are resources of their own, so that these are no part of the definition. */
  readonly acls?: AclSelection;
  /** How topics of the source become members while the flow is followed; absent in plans of versions that did not follow. */
  readonly membership?: Membership;
}

/** What the plan file says of a flow's members, besides the patterns. */
export interface Membership {
  /** What happens to a topic or partition that matches and is new: it is made and mirrored, or told. */
  readonly discover: 'mirror' | 'report';
  readonly naming: Naming;
  readonly mappings: readonly Mapping[];
  readonly defaults: TopicDefaults;
  readonly policies: { readonly minReplicationFactor?: number; readonly maxPartitionsPerTopic?: number };
}

/** One group's progress in the topics that the flow mirrors. */
export interface GroupProgress {
  readonly group: string;
  /** Offsets between its commits and the ends, a bigint as text: markers of transactions count too. */
  readonly lagRecords: string;
  /** 0: it never committed there, so that nothing of it can come along. */
  readonly partitionsCommitted: number;
  /** Of the topics in which it has commits, those partitions in which it has none. */
  readonly partitionsUncommitted: number;
}

/** What a flow is, without its members: this is what is compared and kept as applied (a new member is no change of the flow). */
export interface FlowDefinition {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly engine: 'native';
  readonly topicPatterns: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  readonly groups?: GroupSelection;
  readonly start: 'earliest' | 'latest' | { readonly timestamp: string };
  readonly delivery: 'transactional' | 'idempotent';
  /** Losses after which the flow goes on by itself; it stops at all others. Absent: at each. */
  readonly onLoss?: Readonly<Partial<Record<DecidedLoss, 'continue'>>>;
  readonly tuning: FlowTuning;
}

/** What a plan file may decide beforehand. */
export type DecidedLoss = 'retention' | 'recreated' | 'truncated' | 'foreignWriter';

export interface GroupSelection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly sync: 'continuous';
  readonly uncommitted: 'end-at-cutover' | 'start' | 'leave';
}

export interface FlowTuning {
  readonly commitIntervalMs: number;
  readonly fetchMaxBytes: number;
  readonly memoryMaxMb: number;
  /** Absent: as fast as the brokers allow. */
  readonly throttleBytesPerSecond?: number;
}

export interface MirroredTopic {
  readonly source: string;
  readonly target: string;
  /** Which topic of that name at the source, as Kafka prints ids; absent where its cluster has none (before 2.8). */
  readonly sourceTopicId?: string;
  /** Partitions of the source when read; the mirror moves these. */
  readonly sourcePartitions: number;
  /** Partitions wanted at the target, at least `sourcePartitions` where records keep their partition number. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: ConfigRules;
  /** Records go to the target's partitions by this hash of their keys; absent: they keep the source's partition number. */
  readonly byKey?: KeyHash;
}

/** murmur2: Kafka's Java clients; crc32: librdkafka's `consistent`; fnv1a: Sarama's and librdkafka's. */
export type KeyHash = 'murmur2' | 'crc32' | 'fnv1a';

export interface ConfigRules {
  readonly inherit: 'effective' | 'overrides' | 'none' | readonly string[];
  readonly exclude: readonly string[];
  readonly set: Readonly<Record<string, string>>;
}

/** A topic wanted in its own right. */
export interface DeclaredTopic {
  readonly cluster: string;
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** One ACL wanted in its own right, or wanted away. */
export interface DeclaredAcl {
  readonly cluster: string;
  readonly acl: Acl;
  readonly state: 'present' | 'absent';
}

/** Patterns over principals of the source, and what some of them are called at the target. */
export interface AclSelection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly principals: Readonly<Record<string, string>>;
  readonly write: 'at-cutover' | 'now';
}

export interface AbsentTopic {
  readonly cluster: string;
  readonly name: string;
}

/** A client quota wanted in its own right. */
export interface DeclaredQuota {
  readonly cluster: string;
  readonly entity: QuotaEntity;
  /** By Kafka's names; null: the entity must have no limits at all (`state: absent`). */
  readonly limits: Readonly<Record<string, number>> | null;
}
