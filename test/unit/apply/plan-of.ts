import { createExecutionPlan } from '../../../src/execution-plan/create-execution-plan.ts';
import type { Change, ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import type { Flow, FlowDefinition } from '../../../src/migration/migration.ts';

/** Of a flow within the one cluster that a run fixture has. */
export const flowDefinition: FlowDefinition = {
  name: 'f',
  source: 'msk',
  target: 'msk',
  engine: 'native',
  topicPatterns: { include: ['*'], exclude: [] },
  start: 'earliest',
  delivery: 'transactional',
  tuning: { commitIntervalMs: 1000, fetchMaxBytes: 1_000_000, memoryMaxMb: 64 },
};

/** An execution plan of these changes for the cluster of a run fixture. */
export function planOf(changes: readonly Change[], flows: readonly Flow[] = []): ExecutionPlan {
  return createExecutionPlan({
    createdAt: '2026-11-23T08:00:00.000Z',
    source: { path: '/plan.yaml', sha256: 'x' },
    migration: {
      name: 'test',
      labels: {},
      state: { cluster: 'msk' },
      clusters: { msk: { bootstrap: ['kafka:9092'], addressMap: {} } },
      flows,
      topics: [],
    },
    clusters: { msk: { clusterId: 'cluster-1' } },
    changes,
    drift: [],
    diagnostics: [],
  });
}
