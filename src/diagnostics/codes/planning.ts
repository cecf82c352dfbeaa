import type { CodeTable } from './code-definition.ts';

/** KP12xx: asked for, but not supported by this version. KP2xxx: rules and findings of planning. */
export const planningCodes = {
  KP1200: {
    title: 'Not yet supported',
    severity: 'error',
    cause: 'The plan file asks for something that this version of kplan cannot do yet.',
    fix: 'Remove it from the plan file, or wait for a version that supports it.',
  },
} as const satisfies CodeTable;
