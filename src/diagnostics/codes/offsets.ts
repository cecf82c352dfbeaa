import type { CodeTable } from './code-definition.ts';

/** KP6xxx: groups, offsets and verification. */
export const offsetsCodes = {
  KP6001: {
    title: 'The contents differ',
    severity: 'error',
    cause: 'Verification found records that differ between source and target.',
    fix: 'Look at the first difference of each partition.',
  },
  KP6002: {
    title: 'A group is active on the target',
    severity: 'warning',
    cause: 'A group that is to be brought along has members on the target cluster; its offsets there are its own.',
    fix: "Stop the group's consumers on the target and apply again, or leave the group out with groups.exclude.",
  },
  KP6003: {
    title: 'A kind of group whose offsets are not translated',
    severity: 'warning',
    cause:
      'A share group or a streams group (KIP-932, KIP-1071) matches the groups of a flow, at the source or on the target.',
    fix: 'Move it by hand, or leave it out with groups.exclude.',
  },
  KP6004: {
    title: "Offsets below the source's log start",
    severity: 'warning',
    cause: 'The source deleted the records at which a group stands before the group read them.',
    fix: 'At the source its consumers would be reset (auto.offset.reset) too. Reset the group there, then apply again.',
  },
  KP6005: {
    title: "Offsets above the source's log end",
    severity: 'warning',
    cause: 'A group has committed offsets that the source never wrote, for instance of a topic that was made again.',
    fix: 'Reset the group at the source, then apply again.',
  },
  KP6006: {
    title: 'Offsets of records that are not mirrored',
    severity: 'warning',
    cause: 'A group stands where the mirror did not begin, or where it has not come to yet.',
    fix: 'Apply again once the mirror has caught up; above the records that are mirrored nothing is guessed.',
  },
  KP6007: {
    title: 'A group is ahead on the target',
    severity: 'note',
    cause: 'The offsets on the target stand above the translated ones; a sync never moves a group back.',
    fix: 'If the group must read again from where it stands at the source, delete its offsets on the target.',
  },
  KP6008: {
    title: "A group's offsets were refused",
    severity: 'error',
    cause: "The target refused to commit a group's offsets.",
    fix: "Check the user's READ permission on the group and on its topics at the target.",
  },
  KP6009: {
    title: 'A partition was not compared',
    severity: 'error',
    cause: 'Nothing says which target offsets the records of a partition have, or a log is not there.',
    fix: 'Apply the plan file first.',
  },
  KP6010: {
    title: 'Nothing to translate',
    severity: 'error',
    cause: 'No flow of the plan file mirrors the topic or the partition, or the group has no offsets in one.',
    fix: "Check the topic's name at the source and the partition: `kplan status` lists both.",
  },
  KP6011: {
    title: 'Cleaned records that were not looked for',
    severity: 'warning',
    cause: 'More keys of a compacted partition were waiting for a later record than verification keeps in memory.',
    fix: 'Verify again when the cleaners of both sides have come further.',
  },
  KP6030: {
    title: 'The offset map changed while it was read',
    severity: 'error',
    cause:
      'The mirror wrote a part of the offset map anew and the broker cleaned the old one away before it was read, which ' +
      'took longer than a piece of the positions topic lives.',
    fix: 'Run the command again.',
  },
  KP6031: {
    title: 'Old records that were not compared',
    severity: 'warning',
    cause:
      'The oldest part of a large offset map keeps only the ends of its stretches; what stands between them is read from both ' +
      'logs. One of them was compacted since, or there are more of them than verification holds at one time; or the source ' +
      'was cut within one, and of what stood below nothing is known any more.',
    fix: 'Compare them by other means where they matter.',
  },
  KP6032: {
    title: 'Mirrored records that are not there',
    severity: 'error',
    cause:
      'In an old part of a partition, of which the offset map keeps only the ends, one of the logs does not hold every ' +
      'offset or as many records as were mirrored, and neither topic is compacted; or an unclean election made some of it anew.',
    fix: 'If a topic was compacted for a time this is what the cleaner took. Otherwise look at the partition with another tool.',
  },
  KP6050: {
    title: 'A group went back at the source',
    severity: 'note',
    cause:
      'A group was reset to earlier offsets at the source. While it is kept in sync it never moves back on the target.',
    fix: "At a cutover the source wins. To have it earlier, delete the group's offsets on the target: they are brought along anew.",
  },
  KP6051: {
    title: 'Commits removed on the target',
    severity: 'note',
    cause:
      "A group's commits are gone at the source (the group or its offsets were deleted, or expired), and nobody but kplan has committed them on the target.",
    fix: '',
  },
  KP6052: {
    title: 'Commits gone at the source that stay on the target',
    severity: 'note',
    cause: "A group's commits are gone at the source, but on the target somebody else has committed or read since.",
    fix: 'If the group is not needed there, delete it on the target.',
  },
  KP6053: {
    title: 'Commits could not be removed on the target',
    severity: 'warning',
    cause: "The target refused to delete commits of kplan's that are gone at the source.",
    fix: "Give kplan's user DELETE on the group at the target, or delete the offsets by hand (kafka-consumer-groups.sh --delete-offsets).",
  },
  KP6054: {
    title: 'Unknown how long the target keeps commits',
    severity: 'note',
    cause:
      'The brokers do not tell offsets.retention.minutes. Commits are renewed every 8 hours, as suits the shortest default that Kafka ever had, a day.',
    fix: "Give kplan's user DESCRIBE_CONFIGS on the target cluster, above all where commits are kept for less than a day.",
  },
  KP6055: {
    title: 'A group that can not be read for now',
    severity: 'error',
    cause:
      "A transaction that commits the group's offsets is not ended, on the source or on the target, or the partition of __consumer_offsets that holds them has no leader. What is not known is not taken for no commit: nothing of the group is written or removed, and the other groups go on.",
    fix: 'Let the producer of the transaction commit or abort, or end it with kafka-transactions.sh (find-hanging, abort); give __consumer_offsets its leaders back. While a flow is followed the group is looked at again in each round; otherwise apply again.',
  },
  KP6056: {
    title: 'A partition of which nothing can be said for now',
    severity: 'error',
    cause:
      'A partition has no leader, or it does not answer, on the source or on the target, so that nobody tells where its log begins and ends; or its offset map was cleaned while it was read. Groups stay there as they are, and offsets in it have no answer; other partitions and other groups go on.',
    fix: 'Bring the brokers up that hold replicas of the partition. While a flow is followed the group is looked at again in each round; otherwise run the command again.',
  },
  KP6057: {
    title: 'Groups that no broker lists',
    severity: 'error',
    cause:
      'A partition of __consumer_offsets has no leader. The groups that it holds are listed by no broker, so that nobody can say whether some of them are among those that are asked for. All others go on.',
    fix: 'Give __consumer_offsets its leaders back. While a flow is followed its groups are looked for in each round; otherwise run the command again.',
  },
  KP6060: {
    title: 'Progress of verification that was not kept',
    severity: 'warning',
    cause: "The target did not take the records that say how far verification has come (kplan's positions topic).",
    fix: 'Nothing is wrong with what was compared. To have the next run go on from here, verify with a user that may write the positions topic.',
  },
  KP6061: {
    title: 'Nothing to verify',
    severity: 'error',
    cause: 'No flow and topic of the plan file is left of what --flow and --topics name.',
    fix: "Check the flow's name and the topic's name at the source: `kplan status` lists both.",
  },
} as const satisfies CodeTable;
