import { parseAddress } from '../../src/execution-plan/address.ts';
import { changeOf } from '../../src/execution-plan/change-of.ts';
import type { ExecutionPlan, Step } from '../../src/execution-plan/execution-plan.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { definedFlow } from '../state/flow-record.ts';
import { readHeldState } from '../state/store.ts';
import { checksNothing, type StepHandler, type StepOutcome, verifiesNothing } from './step-handler.ts';

/** Writes the flow's wanted definition to the state; whoever mirrors reads it from there. */
export const defineFlow: StepHandler<'define-flow'> = {
  batchMax: 100,
  subject(step, plan) {
    const change = changeOf(plan, step.address);
    if (change?.kind !== 'flow' || change.after === null) throw new Error(`step ${step.id} has no change of a flow`);
    return { change, flow: flowOf(step, plan) };
  },
  check: checksNothing,
  async inspect(work, { stateLog }) {
    const { flows } = await readHeldState(stateLog);
    const wanted = (one: (typeof work)[number]) => JSON.stringify(one.subject.change.after);
    const same = work.filter((one) => JSON.stringify(flows.get(one.subject.flow.name)?.definition) === wanted(one));
    return new Set(same.map((one) => one.step.id));
  },
  async apply(work, context) {
    const { flows } = await readHeldState(context.stateLog);
    const records = work.flatMap(({ subject: { change, flow } }) =>
      change.after === null ? [] : [definedFlow(change.after, flows.get(flow.name))],
    );
    await context.control.write(records);
    return new Map<string, StepOutcome>(work.map((one) => [one.step.id, { result: 'done' }]));
  },
  verify: verifiesNothing,
};

/** The flow of a step, from the migration that the plan carries. */
export function flowOf(step: Step, plan: ExecutionPlan): Flow {
  const address = parseAddress(step.address);
  const flow = plan.migration.flows.find((one) => address?.kind === 'flow' && one.name === address.name);
  if (flow === undefined) throw new Error(`step ${step.id} has no flow`);
  return flow;
}
