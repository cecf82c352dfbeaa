import type { Change, ExecutionPlan } from './execution-plan.ts';

const indexes = new WeakMap<ExecutionPlan, ReadonlyMap<string, Change>>();

/** The plan's change of that address. Indexed once a plan: a plan may have as many steps as changes. */
export function changeOf(plan: ExecutionPlan, address: string): Change | undefined {
  const index = indexes.get(plan) ?? new Map(plan.changes.map((change) => [change.address, change]));
  indexes.set(plan, index);
  return index.get(address);
}
