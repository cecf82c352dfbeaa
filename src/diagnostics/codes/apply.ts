import type { CodeTable } from './code-definition.ts';

/** KP4xxx: apply, stale plans and locks. */
export const applyCodes = {
  KP4001: {
    title: 'The saved plan is stale',
    severity: 'error',
    cause: 'The clusters or the plan file changed after the plan was saved.',
    fix: 'Make a new plan and review it.',
  },
} as const satisfies CodeTable;
