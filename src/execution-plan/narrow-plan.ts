import type { ExecutionPlan } from './execution-plan.ts';

/**
 * The part of a plan that an address covers: itself and what lies below it (`topic/msk`). For showing only: the digest
 * stays that of the whole plan, so a narrowed document is never taken for a saved plan. Errors stay, wherever they are:
 * they keep the whole plan from being applied.
 */
export function narrowPlan(plan: ExecutionPlan, address: string): ExecutionPlan {
  const covers = (other: string | undefined) => other === address || other?.startsWith(`${address}/`) === true;
  return {
    ...plan,
    changes: plan.changes.filter((change) => covers(change.address)),
    drift: plan.drift.filter((change) => covers(change.address)),
    steps: plan.steps.filter((step) => covers(step.address)),
    diagnostics: plan.diagnostics.filter(
      (one) => one.severity === 'error' || one.address === undefined || covers(one.address),
    ),
  };
}
