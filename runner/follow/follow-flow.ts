import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { ClusterFault, FencedError } from '../kafka/cluster-fault.ts';
import { type FlowTurn, withFlowLease } from '../steps/flow-lease.ts';
import { awaitTargets, mirrorUnderLease, outcomeOf } from '../steps/mirror.ts';
import type { StepOutcome } from '../steps/step-handler.ts';
import type { FollowContext } from './follow-context.ts';
import { keepGroups } from './keep-groups.ts';
import { nothingSeen, type Seen, watchFlow } from './watch.ts';

/**
 * Follows a flow until the context's signal is aborted (`interrupted`), all its partitions stand still for a loss
 * (`decide`), or something fails that waiting does not mend (`failed`). An outage is waited out.
 */
export async function followFlow(wanted: Flow, context: FollowContext): Promise<StepOutcome> {
  const { signal, pace, world } = context;
  const members: Members = { flow: wanted, seen: nothingSeen() };
  while (!signal.aborted) {
    try {
      const outcome = await withFlowLease(wanted, context, (turn) => followInTurn(members, context, turn));
      return outcome.result === 'locked' ? { result: 'failed', diagnostics: [outcome.diagnostic] } : outcome;
    } catch (error) {
      if (!(error instanceof ClusterFault)) throw error;
      if (signal.aborted) break;
      if (!passes(error)) return { result: 'failed', diagnostics: error.diagnostics };
      context.emit({ event: 'diagnostic', diagnostic: outage(wanted, error, pace.outagePauseMs) });
      await world.clock.sleep(pace.outagePauseMs, signal).catch(() => {});
    }
  }
  return { result: 'interrupted' };
}

/** Sessions that kept failing (KP5014), a lease that was lost (KP4003), a cluster that does not answer. */
function passes(fault: ClusterFault): boolean {
  return !(fault instanceof FencedError) && (fault.retriable || passingCodes.has(fault.diagnostic.code));
}

/** Names that are not known, TLS and certificates too: when the flow was begun they were well, and somebody changes them. */
const passingCodes: ReadonlySet<string> = new Set(['KP5014', 'KP4003', 'KP3005', 'KP3006', 'KP3007', 'KP3008']);

function outage({ name }: Flow, { diagnostic: cause }: ClusterFault, pauseMs: number) {
  const summary = `Flow ${name} is followed again in ${pauseMs / 1000} s: ${cause.summary}`;
  return diagnostic('KP4022', { address: flowAddress(name), summary, detail: cause.detail });
}

interface Members {
  flow: Flow;
  readonly seen: Seen;
}

/** Under one lease: as often as the watch finds other members, the mirror ends its transaction and begins anew with them. */
async function followInTurn(members: Members, context: FollowContext, turn: FlowTurn): Promise<StepOutcome> {
  for (;;) {
    const { outcome, next } = await followMembers(members, context, turn);
    if (turn.signal.aborted || next === null) return outcome;
    members.flow = next;
  }
}

/** Mirror, groups and watch side by side; when one of them ends, the others are ended too. */
async function followMembers({ flow, seen }: Members, context: FollowContext, turn: FlowTurn) {
  const ended = new AbortController();
  const end = () => ended.abort();
  const inTurn = { held: turn.held, signal: AbortSignal.any([turn.signal, ended.signal]) };
  const mirroring = mirrorUntilStopped(flow, context, inTurn).finally(end);
  const grouping = keepGroups(flow, context, inTurn).finally(end);
  const watching = watchFlow(flow, seen, context, inTurn.signal).finally(end);
  await Promise.allSettled([mirroring, grouping, watching]);
  const outcome = await mirroring;
  await grouping;
  return { outcome, next: await watching };
}

async function mirrorUntilStopped(flow: Flow, context: FollowContext, turn: FlowTurn): Promise<StepOutcome> {
  const unserved = await awaitTargets(flow, context, turn.signal);
  const [first, ...rest] = unserved;
  if (first !== undefined) {
    const place = {
      cluster: flow.target,
      request: 'ListOffsets',
      errorName: 'LEADER_NOT_AVAILABLE',
      retry: 'later',
    } as const;
    throw new ClusterFault(place, [first, ...rest]);
  }
  return outcomeOf(await mirrorUnderLease(flow, context, turn, 'stopped'));
}
