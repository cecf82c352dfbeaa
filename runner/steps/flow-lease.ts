import type { Flow } from '../../src/migration/migration.ts';
import { flowLease } from '../../src/state/keys.ts';
import { acquireLease, type HeldByUs } from '../state/lease.ts';
import { lockedDiagnostic } from '../state/problems.ts';
import type { StepContext, StepOutcome } from './step-handler.ts';

export interface FlowTurn {
  readonly held: HeldByUs;
  /** Aborted when the flow's lease is lost, too. */
  readonly signal: AbortSignal;
}

/** Does something that only one process may do for a flow: mirror it, or write its groups' offsets. */
export async function underFlowLease(
  flow: Flow,
  context: StepContext,
  act: (turn: FlowTurn) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const { stateLog, world, leasing, plan } = context;
  const migration = plan.migration.name;
  const { holder, leaseSeconds } = leasing;
  const lease = flowLease(flow.name);
  const acquired = await acquireLease(stateLog, world.clock, { migration, lease, holder, leaseSeconds });
  if (acquired.result === 'locked') {
    return { result: 'failed', diagnostics: [lockedDiagnostic(migration, lease, acquired.by)] };
  }
  const { held } = acquired;
  try {
    const outcome = await act({ held, signal: AbortSignal.any([context.signal, held.signal]) });
    held.signal.throwIfAborted();
    return outcome;
  } finally {
    await held.release();
  }
}
