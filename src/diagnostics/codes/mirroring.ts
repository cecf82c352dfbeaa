import type { CodeTable } from './code-definition.ts';

/** KP5xxx: mirroring, and losses at the source. */
export const mirroringCodes = {
  KP5001: {
    title: 'Records lost to retention',
    severity: 'error',
    cause: 'The source deleted records before they were mirrored.',
    fix: "Raise the retention of the source topic. To go on from what it still holds: apply --accept topic/CLUSTER/TOPIC='why', or onLoss.retention: continue.",
  },
  KP5002: {
    title: 'Source topic made again',
    severity: 'error',
    cause: 'A topic of this name stands at the source, but it is another one than was mirrored: its topic id differs.',
    fix: "Records of the old topic that were not mirrored are gone. Mirror the new topic to a target topic of its own, by a mapping; or behind the old one's records: apply --accept topic/CLUSTER/TOPIC='why', or onLoss.recreated: continue.",
  },
  KP5003: {
    title: 'Source log truncated',
    severity: 'error',
    cause: 'The source log ends below what was mirrored already, as after an unclean leader election.',
    fix: "The target holds records that the source no longer has. To keep them and go on from where the source was cut: apply --accept topic/CLUSTER/TOPIC='why', or onLoss.truncated: continue.",
  },
  KP5004: {
    title: 'Foreign writer on the target partition',
    severity: 'error',
    cause: 'A mirrored target partition holds records that this flow did not write.',
    fix: "Stop whoever writes there. Map the source to another target topic; or, where nothing was mirrored into this one yet, delete it: apply makes it again. To leave the records there and go on behind them: apply --accept topic/CLUSTER/TOPIC='why' (the source's), or onLoss.foreignWriter: continue.",
  },
  KP5005: {
    title: 'Target lost mirrored records',
    severity: 'error',
    cause:
      'The target lost records that were mirrored already: its log ends below them, something else stands in their place, or a transaction of them lost its end.',
    fix: "Find out what the target lost (an unclean leader election, DeleteRecords, a restored disk). To mirror it again: apply --accept topic/CLUSTER/TOPIC='why' (the source's). It stays a loss where the target's log does not tell from which record on.",
  },
  KP5006: {
    title: 'Target topic made again',
    severity: 'error',
    cause:
      'A topic of this name stands at the target, but it is another one than was mirrored to: its topic id differs.',
    fix: "What was mirrored is gone with the old topic. To mirror all that the source still holds into the new one: apply --accept topic/CLUSTER/TOPIC='why' (the source's).",
  },
  KP5007: {
    title: 'Source topic gone',
    severity: 'error',
    cause: 'A topic that is mirrored does not exist at the source any more.',
    fix: 'Take the topic out of the flow, or make sure that this user may describe it.',
  },
  KP5008: {
    title: 'Target topic gone',
    severity: 'error',
    cause: 'A topic that is mirrored to, or one of its partitions, does not exist at the target.',
    fix: 'Plan and apply again: plan shows what is missing and apply creates it.',
  },
  KP5009: {
    title: 'Record refused by the target',
    severity: 'error',
    cause: 'The target refuses a record batch for a reason that does not go away by itself.',
    fix: 'Change the setting of the target topic that the message names, then run the command again.',
  },
  KP5011: {
    title: 'Source batch damaged',
    severity: 'error',
    cause: 'A record batch of the source contradicts itself or its checksum.',
    fix: "Check the disks of the source's brokers. Another replica may hold the records undamaged: move the leader there.",
  },
  KP5012: {
    title: 'Positions lost',
    severity: 'error',
    cause:
      'The target holds records of this flow that no position speaks of: the positions topic was deleted or cleaned.',
    fix: 'Going on would write records twice. Mirror to an empty target topic to begin anew.',
  },
  KP5013: {
    title: 'Positions not readable',
    severity: 'error',
    cause: 'A record of the positions topic was written by a newer kplan, or by something else.',
    fix: 'Use the newest kplan that has worked on this migration.',
  },
  KP5014: {
    title: 'Mirroring failed again and again',
    severity: 'error',
    cause: 'Every new attempt to write a transaction failed.',
    fix: 'Nothing was lost or doubled. Look at the cause, then run the command again.',
  },
  KP5020: {
    title: 'Partitioning changed',
    severity: 'error',
    cause:
      "Records of a topic were mirrored by another partitioning, or to another count of target partitions. Going on, a key's records would stand in two partitions.",
    fix: 'Set partitioning and partitions as they were; or mirror the topic under another flow name into another target topic, from the start.',
  },
  KP5025: {
    title: 'Batches compressed anew',
    severity: 'warning',
    cause:
      'The target refuses a codec of the source (zstd, where its inter.broker.protocol.version is below 2.1): such batches are compressed with another one.',
    fix: "Records stay as they are, at the cost of CPU. To keep the codec, raise inter.broker.protocol.version of the target's brokers.",
  },
  KP5026: {
    title: 'Source partitions left out',
    severity: 'warning',
    cause:
      'Source partitions have no leader, or it does not answer. The others are mirrored; these go on from their positions when a leader answers, and nothing is caught up before.',
    fix: 'Bring the brokers up that hold their replicas, before retention deletes what is not mirrored. Until then kplan status shows no end of them.',
  },
  KP5027: {
    title: 'Source partitions stayed away',
    severity: 'error',
    cause:
      'All that can be read is mirrored and committed. Some source partitions have had no leader, or none that answers, for five minutes: the flow has not caught up.',
    fix: 'Bring the brokers up that hold their replicas, then run the command again: it goes on from the positions.',
  },
} as const satisfies CodeTable;
