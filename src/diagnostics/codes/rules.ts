import type { CodeTable } from './code-definition.ts';

/** KP270x to KP2717: found on the clusters' snapshots by `src/rules`, by what each rule looks at. */
export const topicRuleCodes = {
  KP2701: {
    title: 'Unclean leader election at the target',
    severity: 'warning',
    cause:
      'unclean.leader.election.enable is true for a target topic: a replica that lacks records may become its leader, and acknowledged records are gone.',
    fix: 'Set unclean.leader.election.enable: false in config.set.',
  },
  KP2702: {
    title: 'Unclean leader election at the source',
    severity: 'note',
    cause:
      'unclean.leader.election.enable is true for a source topic: its log may end before what was mirrored already; the flow stops there (onLoss.truncated).',
    fix: 'Set unclean.leader.election.enable=false at the source until the cutover.',
  },
  KP2703: {
    title: 'Retention shorter than at the source',
    severity: 'warning',
    cause:
      'The target topic keeps records for a shorter time, or fewer bytes, than its source: old records, which keep their timestamps, are deleted soon after they arrive.',
    fix: 'Set retention.ms and retention.bytes to what the source has, or inherit them.',
  },
  KP2704: {
    title: 'Records may vanish before they are mirrored',
    severity: 'warning',
    cause:
      'The source topic deletes its records within an hour: a pause of the mirror longer than that loses some, and the flow stops.',
    fix: 'Raise retention.ms at the source until the cutover.',
  },
  KP2705: {
    title: 'Tombstones may vanish before they are mirrored',
    severity: 'warning',
    cause:
      'The source topic is compacted and keeps tombstones for less than a day: a copy that takes longer misses some, and deleted keys stay on the target.',
    fix: 'Raise delete.retention.ms at the source until the cutover.',
  },
  KP2706: {
    title: 'Compaction is lost',
    severity: 'warning',
    cause:
      'The source topic is compacted and the target topic is not: what was the last value of a key is deleted when it is old, or old values stay.',
    fix: 'Let cleanup.policy be inherited, or set it to what the source has.',
  },
  KP2707: {
    title: 'Compacted at the target only',
    severity: 'warning',
    cause:
      'The target topic is compacted and its source is not: brokers refuse records without a key there, which stops the flow. A plan reads no records: whether there are any it can not say.',
    fix: 'Let cleanup.policy be inherited until the cutover.',
  },
  KP2708: {
    title: 'Brokers compress anew',
    severity: 'note',
    cause:
      'compression.type of the target topic is neither `producer` nor what the source has: the brokers open and compress every batch again, which costs their CPU.',
    fix: 'Set compression.type: producer, or inherit it.',
  },
  KP2713: {
    title: "A tool's own topic is mirrored",
    severity: 'warning',
    cause:
      'The plan file names a topic in full that a broker or a tool keeps for itself, and that patterns never match.',
    fix: 'Take it out of the flow unless the advice was followed.',
  },
  KP2715: {
    title: 'One broker less stops writing',
    severity: 'warning',
    cause:
      'min.insync.replicas of a topic is as high as its replication factor: while one replica is away, nothing can be written with acks=all, nor mirrored.',
    fix: 'Set min.insync.replicas to one less than the replication factor.',
  },
  KP2716: {
    title: 'Timestamps refused after the cutover',
    severity: 'note',
    cause:
      'While a topic is mirrored it takes any timestamp. After the cutover message.timestamp.before.max.ms and message.timestamp.after.max.ms are what the plan file or the target says, and narrower than at the source; Kafka 4 takes no record more than an hour ahead of the broker (KIP-937).',
    fix: 'Set both in config.set to what the source has, or correct the clocks of producers before the switch.',
  },
  KP2717: {
    title: 'Timestamps hardly taken',
    severity: 'warning',
    cause:
      "A topic takes records only while their timestamps are within two minutes of the broker's clock, less than a producer's retries may take (delivery.timeout.ms): good records are refused.",
    fix: 'Raise message.timestamp.before.max.ms and message.timestamp.after.max.ms.',
  },
} as const satisfies CodeTable;

export const flowRuleCodes = {
  KP2709: {
    title: 'Group in use on the target',
    severity: 'warning',
    cause:
      'A group that the flow brings along has members on the target: offsets are never written under running consumers.',
    fix: 'Stop its consumers on the target until they are switched, or exclude the group.',
  },
  KP2710: {
    title: 'Group of several sources',
    severity: 'warning',
    cause:
      "Two flows with different sources bring a group of the same name to one target: two applications may become one group there, and share out each other's partitions.",
    fix: 'Exclude the group from one of the flows, or rename it in one of the applications.',
  },
  KP2711: {
    title: 'Read committed on the target',
    severity: 'note',
    cause:
      'The flow writes in transactions; after a failure the records of an aborted one are written again. Consumers with isolation.level=read_uncommitted (the default) then see them twice.',
    fix: 'Give the consumers of mirrored topics isolation.level=read_committed; or, where nobody else writes these topics, use delivery: idempotent.',
  },
  KP2714: {
    title: 'Clients too old for the target',
    severity: 'note',
    cause:
      'Kafka 4 talks to clients of version 2.1 and newer only (KIP-896); older ones, which the source takes, can not connect to the target.',
    fix: "Look for old clients with the brokers' metric DeprecatedRequestsPerSec (Kafka 3.7 and newer) and upgrade them before the switch.",
  },
  KP2718: {
    title: 'Open transaction at the source',
    severity: 'warning',
    cause:
      'A transaction is open at the source for longer than a minute, in a partition that the flow mirrors. Nothing behind its first record can be read as committed: the flow mirrors up to there and waits.',
    fix: 'Let its producer commit or abort; a producer that is gone is aborted after its transaction.timeout.ms.',
  },
  KP2731: {
    title: 'Group without a commit',
    severity: 'note',
    cause:
      'A group that the flow brings along has committed nothing in the topics that the flow mirrors: there is no position to bring.',
    fix: 'Exclude it, or let its consumers commit at the source first; else they begin where auto.offset.reset says.',
  },
  KP2734: {
    title: 'Others may write the target topic',
    severity: 'warning',
    cause:
      'A flow delivers idempotently, and ACLs of the target let somebody else write a topic that it mirrors into. One record of theirs stops its partition for good.',
    fix: 'Take the right to write away until the cutover, or use delivery: transactional.',
  },
  KP2735: {
    title: 'Group protocol that the target lacks',
    severity: 'warning',
    cause:
      'A group that the flow brings along is of the consumer protocol (group.protocol=consumer, KIP-848). Brokers before Kafka 4.0 speak it only where it was switched on as a preview: its consumers can not join there. Its offsets come along all the same.',
    fix: 'Set group.protocol=classic in its consumers before the switch, or upgrade the target to Kafka 4.0 or newer.',
  },
} as const satisfies CodeTable;

export const clusterRuleCodes = {
  KP2712: {
    title: 'Many partitions',
    severity: 'warning',
    cause: 'With what the plan adds, the cluster has more than 4,000 replicas of partitions a broker.',
    fix: 'Ask for fewer partitions, or add brokers first.',
  },
  KP2719: {
    title: 'Not looked at',
    severity: 'note',
    cause:
      'A cluster did not tell everything that a plan shows people: its version lacks the request, or the user may not ask. Nothing else depends on it.',
    fix: 'Give the user DESCRIBE on the groups and transactional ids, and READ on the topics, to see it.',
  },
} as const satisfies CodeTable;

/** KP272x: what MirrorMaker flows set against the rules that keep it from losing or reordering records, and its limits. */
export const mirrorMakerCodes = {
  KP2720: {
    title: 'acks below all',
    severity: 'warning',
    cause: 'The producer of MirrorMaker counts a record as written before all in-sync replicas have it.',
    fix: 'Set acks: all.',
  },
  KP2721: {
    title: 'Several requests in flight',
    severity: 'warning',
    cause:
      'The producer of MirrorMaker is not idempotent: with more than one request in flight, a retry changes the order.',
    fix: 'Set max.in.flight.requests.per.connection: 1.',
  },
  KP2722: {
    title: 'Retries that end',
    severity: 'warning',
    cause: 'The producer of MirrorMaker gives a record up after some retries.',
    fix: 'Set retries: 2147483647.',
  },
  KP2723: {
    title: 'Blocking that ends',
    severity: 'warning',
    cause: 'The producer of MirrorMaker gives a record up when its buffer stays full for longer than max.block.ms.',
    fix: 'Set max.block.ms: 9223372036854775807.',
  },
  KP2724: {
    title: 'Offsets committed by a timer',
    severity: 'warning',
    cause: 'The consumer of MirrorMaker commits offsets before their records are written: a crash skips some.',
    fix: 'Set enable.auto.commit: false.',
  },
  KP2725: {
    title: 'Offsets translated roughly',
    severity: 'warning',
    cause:
      'MirrorMaker 2 keeps few pairs of offsets: a group that is behind the end is translated to an offset before its own, and reads records again, the more the further behind it is.',
    fix: 'Use engine: native, or let consumers expect records twice and switch them when they have read all.',
  },
  KP2726: {
    title: 'Names kept in both directions',
    severity: 'warning',
    cause:
      'Flows lead from the target back to the source, and with the names kept (IdentityReplicationPolicy, MirrorMaker 1) MirrorMaker looks for no cycles: a topic that both come to match is mirrored round and round.',
    fix: 'Use naming: prefixed (MirrorMaker 2), or list the topics of each direction by their full names.',
  },
  KP2727: {
    title: 'MirrorMaker 1 ended with Kafka 3.9',
    severity: 'note',
    cause: 'MirrorMaker 1 is no part of Kafka 4.0 and newer (KIP-720): it needs an older installation to run from.',
    fix: 'Use engine: native or mirrormaker2, or keep an installation of Kafka 3.9 for as long as the flow runs.',
  },
} as const satisfies CodeTable;

const switchCodes = {
  KP2730: {
    title: 'Switch of a rule is over',
    severity: 'warning',
    cause: 'The day in `until` of an entry of policies.rules has passed: the rule has its own severity again.',
    fix: 'Remove the entry, or give it another day.',
  },
} as const satisfies CodeTable;

export const ruleCodes = {
  ...topicRuleCodes,
  ...flowRuleCodes,
  ...clusterRuleCodes,
  ...mirrorMakerCodes,
  ...switchCodes,
} as const;
