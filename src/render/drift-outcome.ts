import type { Action, Change, ExecutionPlan } from '../execution-plan/execution-plan.ts';
import { type ChangedField, fieldsOf, isChanged } from './change-fields.ts';

/** What apply would do about a resource that was changed outside. */
export type DriftOutcome = 'sets-back' | 'makes-again' | 'deletes-again' | 'changes-otherwise' | 'leaves' | 'refused';

export const outcomeWords = {
  'sets-back': 'apply sets it back',
  'makes-again': 'apply makes it again',
  'deletes-again': 'apply deletes it again',
  'changes-otherwise': 'apply changes it, to what the plan file wants now',
  leaves: 'apply leaves it as it is',
  refused: 'apply is refused while the plan has errors',
} as const satisfies Record<DriftOutcome, string>;

/** What happened to a resource since the last apply. */
export const driftWords = {
  create: 'was made again',
  update: 'was changed',
  delete: 'was deleted',
  'no-op': 'is as it was',
} as const satisfies Record<Action, string>;

/** A resource that is not as it was applied: `before` is what was applied, `after` what lives. */
export type Drifted = Change & { readonly apply: DriftOutcome };

type DriftOfPlan = Pick<ExecutionPlan, 'drift' | 'changes' | 'applyable'>;

/** All that drifted, and what the plan makes of it. */
export function driftedOf(plan: DriftOfPlan): readonly Drifted[] {
  const planned = new Map(plan.changes.map((change) => [change.address, change]));
  return plan.drift.map((one) => ({
    ...one,
    apply: plan.applyable ? outcomeOf(one, planned.get(one.address)) : 'refused',
  }));
}

/** Compares field by field what drifted with what the plan makes of it. */
function outcomeOf(drifted: Change, change: Change | undefined): DriftOutcome {
  if (change === undefined || change.action === 'no-op') return 'leaves';
  if (change.action === 'create') return 'makes-again';
  if (change.action === 'delete') return 'deletes-again';
  const planned = new Map(fieldsOf(change).map((field) => [field.name, field.after]));
  const fields = fieldsOf(drifted).filter(isChanged);
  const wanted = (field: ChangedField) => (planned.has(field.name) ? planned.get(field.name) : field.after);
  if (fields.every((field) => same(wanted(field), field.before))) return 'sets-back';
  return fields.every((field) => same(wanted(field), field.after)) ? 'leaves' : 'changes-otherwise';
}

/** A field that is not there and one at its default are the same wish. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
