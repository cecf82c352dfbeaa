import type { CodeTable } from './code-definition.ts';

/** KP113x: quotas in the plan file (offline). KP220x: topics that must be absent (planning). */
export const quotaCodes = {
  KP1131: {
    title: 'Limit of another kind of entity',
    severity: 'error',
    cause:
      'Kafka limits connections for addresses alone, and bytes, requests and mutations for users and client ids alone.',
    fix: 'Give an address connection_creation_rate, and every other entity the other limits.',
  },
  KP1132: {
    title: 'Limit that Kafka can not hold',
    severity: 'error',
    cause: 'Kafka takes byte rates and connection rates as whole numbers, and none above what its types hold.',
    fix: 'Round the limit, or lower it.',
  },
  KP2201: {
    title: 'Absent topic is mirrored',
    severity: 'error',
    cause: 'A topic with state: absent is a source or a target of a flow, for instance because a pattern matches it.',
    fix: 'Exclude the topic from the flow, or remove state: absent.',
  },
  KP2202: {
    title: 'Topics are deleted',
    severity: 'warning',
    cause: 'The plan deletes topics with state: absent. Their records go with them, and nothing brings them back.',
    fix: 'Look once more that nobody reads or writes them; apply deletes them after everything else.',
  },
  KP2203: {
    title: 'Deleting topics is forbidden',
    severity: 'error',
    cause: 'A topic with state: absent is there, and policies.deleteTopics is not allow.',
    fix: 'Set policies.deleteTopics: allow, or remove the topic from the plan file: it is then left alone.',
  },
  KP2204: {
    title: 'Internal topic is never deleted',
    severity: 'error',
    cause: 'A topic with state: absent belongs to the brokers, to kplan or to another tool.',
    fix: 'Remove it from the plan file; delete it with kafka-topics.sh if it must go.',
  },
} as const satisfies CodeTable;
