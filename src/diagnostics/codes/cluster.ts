import type { CodeTable } from './code-definition.ts';

/** KP3xxx: connecting to clusters, and their faults. */
export const clusterCodes = {
  KP3001: {
    title: 'Cluster not reachable',
    severity: 'error',
    cause: 'None of the bootstrap addresses of a cluster answered.',
    fix: 'Check the bootstrap addresses, the network, and whether the listener wants TLS.',
  },
} as const satisfies CodeTable;
