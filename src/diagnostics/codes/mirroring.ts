import type { CodeTable } from './code-definition.ts';

/** KP5xxx: mirroring, and losses at the source. */
export const mirroringCodes = {
  KP5001: {
    title: 'Records lost to retention',
    severity: 'error',
    cause: 'The source deleted records before they were mirrored.',
    fix: 'Raise the retention of the source topic; set onLoss.retention to continue to go on without the lost records.',
  },
} as const satisfies CodeTable;
