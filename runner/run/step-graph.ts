import type { NowApplied } from '../../src/execution-plan/applied.ts';
import { changeOf } from '../../src/execution-plan/change-of.ts';
import type { ExecutionPlan, Step, StepKind } from '../../src/execution-plan/execution-plan.ts';

/** Kinds that make resources; the others move data. */
const resourceKinds: ReadonlySet<StepKind> = new Set([
  'create-topic',
  'add-partitions',
  'alter-topic-settings',
  'alter-quota',
  'create-acl',
  'delete-acl',
  'define-flow',
  'delete-topic',
]);

export function isResourceStep(step: Step): boolean {
  return resourceKinds.has(step.kind);
}

/** Which steps of a plan are done, and what can be done next. */
export interface StepGraph {
  /** Steps of one kind whose predecessors are done, at most `max`, in the plan's order; empty where nothing can go on. */
  next(max: (kind: StepKind) => number): readonly Step[];
  /** Resources that became as wanted by these steps: their last step is among them. */
  markDone(steps: readonly Step[]): readonly NowApplied[];
  /** Will not be tried again; what comes after it is left. */
  markEnded(steps: readonly Step[]): void;
  left(): readonly Step[];
}

/** `steps`: those to do. Predecessors that are not among them count as done. */
export function stepGraph(plan: ExecutionPlan, steps: readonly Step[]): StepGraph {
  const open = new Map(steps.map((step) => [step.id, step]));
  const ended = new Set<string>();
  const unfinished = new Map<string, number>();
  for (const { address } of steps.filter(isResourceStep)) unfinished.set(address, (unfinished.get(address) ?? 0) + 1);
  const isReady = (step: Step) => !ended.has(step.id) && step.after.every((id) => !open.has(id));

  function nowApplied(address: string): NowApplied[] {
    const change = changeOf(plan, address);
    return change === undefined || unfinished.get(address) !== 0 ? [] : [{ address, state: change.after }];
  }

  return {
    next(max) {
      const ready = [...open.values()].filter(isReady);
      const kind = ready[0]?.kind;
      return kind === undefined ? [] : ready.filter((step) => step.kind === kind).slice(0, max(kind));
    },
    markDone(done) {
      for (const { id } of done) open.delete(id);
      const resources = done.filter(isResourceStep);
      for (const { address } of resources) unfinished.set(address, (unfinished.get(address) ?? 0) - 1);
      return [...new Set(resources.map((step) => step.address))].flatMap(nowApplied);
    },
    markEnded(steps) {
      for (const step of steps) ended.add(step.id);
    },
    left: () => [...open.values()].filter((step) => !ended.has(step.id)),
  };
}
