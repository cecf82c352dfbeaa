import type { NowApplied } from '../../src/execution-plan/applied.ts';
import type { Change, ExecutionPlan, Step, StepKind } from '../../src/execution-plan/execution-plan.ts';

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
  const changes = new Map<string, Change>(plan.changes.map((change) => [change.address, change]));
  const isReady = (step: Step) => !ended.has(step.id) && step.after.every((id) => !open.has(id));

  function nowApplied(address: string): NowApplied[] {
    const change = changes.get(address);
    const unfinished = [...open.values()].some((step) => step.address === address && isResourceStep(step));
    return change === undefined || unfinished ? [] : [{ address, state: change.after }];
  }

  return {
    next(max) {
      const ready = [...open.values()].filter(isReady);
      const kind = ready[0]?.kind;
      return kind === undefined ? [] : ready.filter((step) => step.kind === kind).slice(0, max(kind));
    },
    markDone(done) {
      for (const step of done) open.delete(step.id);
      return [...new Set(done.filter(isResourceStep).map((step) => step.address))].flatMap(nowApplied);
    },
    markEnded(steps) {
      for (const step of steps) ended.add(step.id);
    },
    left: () => [...open.values()].filter((step) => !ended.has(step.id)),
  };
}
