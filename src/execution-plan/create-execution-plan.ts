import { type Diagnostic, hasErrors } from '../diagnostics/diagnostic.ts';
import type { Migration } from '../migration/migration.ts';
import { kplanVersion } from '../version.ts';
import { digestOf } from './digest.ts';
import type { Change, ExecutionPlan } from './execution-plan.ts';
import { orderSteps } from './order-steps.ts';

/** The format that this version writes; a reader takes any minor version of the same major one. */
export const executionPlanFormatVersion = '1.0';

export interface ExecutionPlanParts {
  /** RFC 3339, UTC: the clock is the caller's. */
  readonly createdAt: string;
  readonly source: ExecutionPlan['source'];
  readonly migration: Migration;
  readonly clusters: ExecutionPlan['clusters'];
  /** Unchanged resources (`no-op`) too: they are counted, not listed. */
  readonly changes: readonly Change[];
  readonly drift: readonly Change[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Orders the steps, counts, and seals the document with its digest. */
export function createExecutionPlan(parts: ExecutionPlanParts): ExecutionPlan {
  const count = (action: Change['action']) => parts.changes.filter((change) => change.action === action).length;
  const changes = parts.changes.filter((change) => change.action !== 'no-op');
  const document = {
    formatVersion: executionPlanFormatVersion,
    kplanVersion,
    createdAt: parts.createdAt,
    source: parts.source,
    migration: parts.migration,
    clusters: parts.clusters,
    changes,
    steps: orderSteps(changes, parts.migration),
    drift: parts.drift,
    summary: { create: count('create'), update: count('update'), delete: count('delete'), unchanged: count('no-op') },
    diagnostics: parts.diagnostics,
    applyable: !hasErrors(parts.diagnostics),
  } as const;
  const { formatVersion, ...rest } = document;
  return { formatVersion, digest: digestOf(document), ...rest };
}
