import type { CodeTable } from './code-definition.ts';

/** KP10xx: YAML and schema. KP11xx: what a plan file means, found without a cluster. */
export const planFileCodes = {
  KP1001: {
    title: 'Not valid YAML',
    severity: 'error',
    cause: 'The text of the plan file is not YAML 1.2.',
    fix: 'Correct the syntax at this place.',
  },
} as const satisfies CodeTable;
