import type { CodeTable } from './code-definition.ts';

/** KP274x and KP602x: topics whose records go to the target's partitions by their keys. */
export const byKeyCodes = {
  KP2740: {
    title: 'By key without transactions',
    severity: 'error',
    cause:
      'A mapping has partitioning by key, and its flow delivery: idempotent. What of a source batch arrived in which target partition only a transaction tells.',
    fix: 'Use delivery: transactional, or a flow of its own for this topic.',
  },
  KP2741: {
    title: 'Partitions added under records that go by key',
    severity: 'error',
    cause:
      'A target topic that is filled by key would get more partitions. A key that then goes to another one would stand in two, and nothing keeps its records in order.',
    fix: 'Set partitions to the count that is there, or mirror into a topic of another name.',
  },
  KP2742: {
    title: 'Partitioning of a mirrored topic changed',
    severity: 'error',
    cause:
      "Positions tell that a topic's records were mirrored by another partitioning than the plan file asks for, or to another count of target partitions. Going on, a key's records would stand in two partitions: apply would stop the topic (KP5020).",
    fix: 'Set partitioning and partitions as they were; or mirror the topic under another flow name into another target topic, from the start.',
  },
  KP6020: {
    title: 'Keys of a compacted topic that were not compared',
    severity: 'error',
    cause:
      'A compacted topic whose records go by key is compared key by key, in passes over both sides. There are so many records that the passes did not reach all keys.',
    fix: 'Compare the topic with another tool, by key; or mirror it with partitioning: preserve, where any number is compared.',
  },
  KP6021: {
    title: 'A group reads records again',
    severity: 'note',
    cause:
      "Records of a topic go to the target's partitions by their keys, and a group stands between two of the places that are known there. It goes to the earlier one: nothing is skipped.",
    fix: 'Let the group read up to the end and apply again: there its place is exact.',
  },
  KP6022: {
    title: 'A group has no place in a topic that goes by key',
    severity: 'warning',
    cause:
      "A group's offsets in all partitions of such a topic become one place together. One of them is below the source's log start, above its end or not mirrored.",
    fix: 'Look at the other warning about this group: it names the offset. Reset it at the source, then apply again.',
  },
  KP6023: {
    title: 'No checkpoints for a topic that goes by key',
    severity: 'warning',
    cause:
      "A checkpoint of MirrorMaker's speaks of the same partition on both sides, and records of this topic go to others.",
    fix: "Let kplan apply bring the groups along (the flow's groups), or set their offsets to what offsets says.",
  },
  KP6024: {
    title: 'A topic that goes by key differs',
    severity: 'error',
    cause:
      'Verification found target partitions of such a topic that hold other records than the source has for their keys, or keys whose records differ or stand in another order.',
    fix: 'Verify again; where it differs again, mirror the topic into another one and compare.',
  },
  KP6025: {
    title: 'Records of a compacted topic that cannot be told from cleaned ones',
    severity: 'warning',
    cause:
      'The topic goes by key and is compacted. Records that are not the last of their key stand on one side only, and a cleaner may have taken their counterparts before they were mirrored; or a key changed whenever it was looked at, stands unchanged several times, or has more records than are held; or a record has no key.',
    fix: 'Of all keys but those that changed at each look the last record was compared. Verify again when the cleaners of both sides have come further.',
  },
} as const satisfies CodeTable;
