import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import type { GroupSyncResult } from '../groups/group-round.ts';
import { groupMemory, renewAfterMs } from '../groups/rounds.ts';
import { syncGroups } from '../groups/sync-groups.ts';
import { ClusterFault, FencedError } from '../kafka/cluster-fault.ts';
import { clusterOf } from '../run/world.ts';
import type { FlowTurn } from '../steps/flow-lease.ts';
import { groupSyncRequest } from '../steps/sync-groups.ts';
import type { FollowContext } from './follow-context.ts';

/**
 * Brings the flow's groups along in rounds, until the turn's signal is aborted. A round that fails is tried again. Without
 * groups it only waits.
 */
export async function keepGroups(flow: Flow, context: FollowContext, turn: FlowTurn): Promise<void> {
  const { clock } = context.world;
  const renewal = renewalOf(flow, context);
  const memory = groupMemory();
  const onGroup = (result: GroupSyncResult) => tell(result, context);
  for (;;) {
    await clock.sleep(context.pace.groupsIntervalMs, turn.signal).catch(() => {});
    if (turn.signal.aborted) return;
    if (flow.groups === undefined) continue;
    try {
      const rounds = { memory, renewAfterMs: await renewal() };
      await syncGroups({ ...groupSyncRequest(flow, context, turn), rounds, onGroup, onUnlisted: context.tell });
    } catch (error) {
      if (turn.signal.aborted) return;
      if (!(error instanceof ClusterFault)) throw error;
      // The target fences a transaction that took too long as well: only who has lost the lease ends.
      if (error instanceof FencedError) await turn.held.assertFresh();
      context.tell(groupsFailed(flow, error));
    }
  }
}

/** How old commits on the target may become, asked again once in a while: brokers are restarted with other settings. */
function renewalOf(flow: Flow, context: FollowContext): () => Promise<number> {
  const { world, pace, tell } = context;
  let known = { renewAfterMs: 0, askedAtMs: Number.NEGATIVE_INFINITY };
  return async () => {
    const nowMs = world.clock.nowMs();
    if (nowMs - known.askedAtMs < pace.retentionAskedAgainMs) return known.renewAfterMs;
    const retentionMs = await clusterOf(world, flow.target).groups.offsetsRetentionMs();
    if (retentionMs === null) tell(retentionUnknown(flow));
    known = { renewAfterMs: renewAfterMs(retentionMs), askedAtMs: nowMs };
    return known.renewAfterMs;
  };
}

function tell({ diagnostics }: GroupSyncResult, context: FollowContext): void {
  for (const one of diagnostics) context.tell(one);
}

function retentionUnknown({ name, target }: Flow) {
  const summary = `How long cluster ${target} keeps commits that nobody renews is not known.`;
  return diagnostic('KP6054', { address: flowAddress(name), summary });
}

function groupsFailed(flow: Flow, { diagnostic: cause }: ClusterFault) {
  const { summary, detail, fix } = cause;
  const what = `The groups of flow ${flow.name} could not be brought along: ${summary}`;
  return diagnostic('KP4025', { address: flowAddress(flow.name), summary: what, detail, fix });
}
