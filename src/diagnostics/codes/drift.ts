import type { CodeTable } from './code-definition.ts';

/** KP42xx: what lives is not what the last apply made. Found by `drift`; no rule switches them. */
export const driftCodes = {
  KP4201: {
    title: 'Changed outside of kplan',
    severity: 'warning',
    cause: 'A resource that kplan applied looks different now. Kafka does not tell who changed it.',
    fix: 'Run kplan plan to see what apply makes of it; to keep what lives now, write it into the plan file.',
  },
  KP4202: {
    title: 'Deleted outside of kplan',
    severity: 'warning',
    cause: 'A resource that kplan applied is gone. Kafka does not tell who deleted it.',
    fix: 'Run kplan plan to see what apply makes of it; if it must stay away, write that into the plan file.',
  },
  KP4203: {
    title: 'Made again outside of kplan',
    severity: 'warning',
    cause:
      'A topic that kplan applied was deleted, and another one has its name: what it held is gone. Kafka does not tell who did it.',
    fix: 'Find out whether its records are still wanted. The next apply takes the new topic as its own; a flow that mirrored the old one stops with a loss and says what to do.',
  },
  KP4204: {
    title: 'Nothing was applied yet',
    severity: 'note',
    cause: 'Drift is what lives against what kplan applied last, and of this migration nothing is stored as applied.',
    fix: 'Run kplan apply first; if it ran already, see that name and state of the plan file are those of that run.',
  },
} as const satisfies CodeTable;
