import type { CodeTable } from './code-definition.ts';

/** KP212x: how the target serves topics that are wanted and there. */
export const topicHealthCodes = {
  KP2120: {
    title: 'Partition without a leader',
    severity: 'warning',
    cause: 'No broker serves a partition of a target topic: nothing can be written to it, nor mirrored into it.',
    fix: 'Bring its brokers back before you apply.',
  },
  KP2121: {
    title: 'Too few replicas in sync to write',
    severity: 'warning',
    cause:
      'A partition of a target topic has fewer replicas in sync than min.insync.replicas: writes with acks=all are refused, those of a mirror too.',
    fix: 'Bring the missing brokers back, or let their replicas catch up, before you apply.',
  },
  KP2122: {
    title: 'Replicas behind',
    severity: 'warning',
    cause:
      'Replicas of a target topic are not in sync: it would survive fewer failures than its replication factor says.',
    fix: 'Let them catch up, or bring their brokers back, before more is written.',
  },
} as const satisfies CodeTable;
