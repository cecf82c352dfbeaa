import type { Flow } from '../../src/migration/migration.ts';
import { flowLease } from '../../src/state/keys.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import { takeLeaseOfDead } from '../run/take-lease.ts';
import type { HeldByUs } from '../state/lease.ts';
import type { StepContext, StepOutcome } from './step-handler.ts';

export interface FlowTurn {
  readonly held: HeldByUs;
  /** Aborted when the flow's lease is lost, too. */
  readonly signal: AbortSignal;
}

/**
 * Does something that only one process may do for a flow: mirror it, or write its groups' offsets. A fault is the
 * outcome of this flow's step: other flows go on.
 */
export async function underFlowLease(
  flow: Flow,
  context: StepContext,
  act: (turn: FlowTurn) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  try {
    return await withLease(flow, context, act);
  } catch (error) {
    if (!(error instanceof ClusterFault)) throw error;
    return { result: 'failed', diagnostics: error.diagnostics };
  }
}

async function withLease(
  flow: Flow,
  { stateLog, world, leasing, plan, signal }: StepContext,
  act: (turn: FlowTurn) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const { holder, leaseSeconds } = leasing;
  const wanted = { migration: plan.migration.name, lease: flowLease(flow.name), holder, leaseSeconds, signal };
  const taken = await takeLeaseOfDead(stateLog, world.clock, wanted);
  if (taken.result === 'locked') {
    return signal.aborted ? { result: 'interrupted' } : { result: 'failed', diagnostics: [taken.diagnostic] };
  }
  const { held } = taken;
  try {
    const outcome = await act({ held, signal: AbortSignal.any([signal, held.signal]) });
    held.signal.throwIfAborted();
    return outcome;
  } finally {
    await held.release();
  }
}
