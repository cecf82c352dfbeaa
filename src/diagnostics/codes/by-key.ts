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
  KP6020: {
    title: 'A topic that goes by key was not compared',
    severity: 'error',
    cause:
      "Records of the topic go to the target's partitions by their keys, and this version compares partitions one by one.",
    fix: 'Compare the topic with another tool, by key.',
  },
} as const satisfies CodeTable;
