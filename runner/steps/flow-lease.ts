import pMap from 'p-map';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { flowLease } from '../../src/state/keys.ts';
import type { TransactionalLog } from '../engines/native/ports.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import type { GroupWriter } from '../ports.ts';
import { takeLeaseOfDead } from '../run/take-lease.ts';
import type { HeldByUs } from '../state/lease.ts';
import type { FlowWork, StepContext, StepOutcome, Work } from './step-handler.ts';

/** Each flow has connections and a memory budget of its own. */
const flowsAtOnceMax = 4;

export interface FlowTurn {
  readonly held: HeldByUs;
  /** Aborted when the flow's lease is lost, too. */
  readonly signal: AbortSignal;
}

/**
 * Does something that only one process may do for each flow: mirror it, or write its groups' offsets. A fault is the
 * outcome of that flow's step: other flows go on.
 */
export async function underFlowLeases<K extends 'mirror' | 'sync-groups'>(
  work: readonly Work<K>[],
  context: StepContext,
  act: (flow: Flow, step: string, turn: FlowTurn) => Promise<StepOutcome>,
  /** What is done where another process follows the flow. */
  leave: (flow: Flow, step: string) => Promise<StepOutcome>,
): Promise<ReadonlyMap<string, StepOutcome>> {
  const outcomes = await pMap(
    work,
    async ({ step, subject }): Promise<[string, StepOutcome]> => [
      step.id,
      await stepOf(subject, step.id).catch(failedByFault),
    ],
    { concurrency: flowsAtOnceMax },
  );
  return new Map(outcomes);

  async function stepOf(flow: Flow, step: string): Promise<StepOutcome> {
    const done = await withFlowLease(flow, context, (turn) => act(flow, step, turn));
    if (done.result !== 'locked') return done;
    return context.signal.aborted ? { result: 'interrupted' } : leave(flow, step);
  }
}

function failedByFault(error: unknown): StepOutcome {
  if (!(error instanceof ClusterFault)) throw error;
  return { result: 'failed', diagnostics: error.diagnostics };
}

/** Does something under a flow's lease; `locked` where a process that lives has it. Throws what `act` throws. */
export async function withFlowLease<Result>(
  flow: Flow,
  { stateLog, world, leasing, plan, signal }: FlowWork,
  act: (turn: FlowTurn) => Promise<Result>,
): Promise<Result | { readonly result: 'locked'; readonly diagnostic: Diagnostic }> {
  const { holder, leaseSeconds } = leasing;
  const wanted = { migration: plan.migration.name, lease: flowLease(flow.name), holder, leaseSeconds, signal };
  const taken = await takeLeaseOfDead(stateLog, world.clock, wanted);
  if (taken.result === 'locked') return taken;
  const { held } = taken;
  try {
    const outcome = await act({ held, signal: AbortSignal.any([signal, held.signal]) });
    held.signal.throwIfAborted();
    return outcome;
  } finally {
    await held.release();
  }
}

/**
 * The log of the flow's target for the holder of its lease. Taking over the flow's transactional id fences whoever has it,
 * and nothing fences the taking: a process that woke up late must not do it to the one that has the lease now. Nor may it
 * send records: a partition forgets which epochs it refuses when it has not heard of a producer for a day. What it saw of
 * the groups is old by then.
 */
export function logUnderLease(
  log: TransactionalLog,
  held: Pick<HeldByUs, 'assertFresh' | 'assertHeld'>,
): TransactionalLog {
  return {
    ...log,
    async produce(...args) {
      held.assertHeld();
      return log.produce(...args);
    },
    async commitGroupOffsets(...args) {
      held.assertHeld();
      return log.commitGroupOffsets(...args);
    },
    async initProducer(...args) {
      await held.assertFresh();
      return log.initProducer(...args);
    },
  };
}

/** Epochs do not fence OffsetDelete: it follows a lease write that is young enough, as other such requests do. */
export function groupWriterUnderLease(writer: GroupWriter, held: Pick<HeldByUs, 'assertFresh'>): GroupWriter {
  return {
    async deleteOffsets(...args) {
      await held.assertFresh();
      return writer.deleteOffsets(...args);
    },
  };
}
