import type { CodeTable } from './code-definition.ts';

/** KP6xxx: groups, offsets and verification. */
export const offsetsCodes = {
  KP6001: {
    title: 'The contents differ',
    severity: 'error',
    cause: 'Verification found records that differ between source and target.',
    fix: 'Look at the first difference of each partition.',
  },
} as const satisfies CodeTable;
