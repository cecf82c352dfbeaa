import type { ExecutionPlan } from '../../src/execution-plan/execution-plan.ts';
import type { RunResult } from '../run/events.ts';
import { clusterOf, type RunWorld } from '../run/world.ts';
import { kafkaStateLog } from '../state/kafka-state-log.ts';
import type { StepContext } from '../steps/step-handler.ts';
import { type FollowPace, tellOnce } from './follow-context.ts';
import { followFlow } from './follow-flow.ts';

export interface FollowOptions extends Pick<StepContext, 'leasing' | 'emit'> {
  /** The run that carried the plan out. */
  readonly run: string;
  /** Aborted: each flow ends its transaction, and that is a clean end. */
  readonly signal: AbortSignal;
  readonly pace: FollowPace;
}

/** Follows every flow of a plan that was carried out; one that ends leaves the others going on. */
export async function followFlows(plan: ExecutionPlan, world: RunWorld, options: FollowOptions): Promise<RunResult> {
  const { migration } = plan;
  const stateLog = kafkaStateLog(clusterOf(world, migration.state.cluster).log, world.clock, migration.name);
  let runs = 0;
  const nextRun = () => {
    runs += 1;
    return `${options.run}-${runs}`;
  };
  const context = { ...options, plan, world, stateLog, tell: tellOnce(options.emit), nextRun };
  const outcomes = await Promise.all(
    migration.flows.map(async (flow) => {
      const outcome = await followFlow(flow, context);
      if ('diagnostics' in outcome) for (const one of outcome.diagnostics) context.tell(one);
      return outcome.result;
    }),
  );
  const worst = (['failed', 'decide'] as const).find((one) => outcomes.includes(one));
  return worst ?? 'done';
}
