import type { CodeTable } from './code-definition.ts';

/** KP113x: quotas in the plan file (offline). KP230x: topics that must be absent (planning). */
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
} as const satisfies CodeTable;
