import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { type GroupSyncResult, syncGroups } from '../groups/sync-groups.ts';
import { ClusterFault, FencedError } from '../kafka/cluster-fault.ts';
import type { FlowTurn } from '../steps/flow-lease.ts';
import { groupSyncRequest } from '../steps/sync-groups.ts';
import type { FollowContext } from './follow-context.ts';

/**
 * Brings the flow's groups along in rounds, until the turn's signal is aborted. A round that fails is tried again. Without
 * groups it only waits.
 */
export async function keepGroups(flow: Flow, context: FollowContext, turn: FlowTurn): Promise<void> {
  const { clock } = context.world;
  const onGroup = (result: GroupSyncResult) => tell(result, context);
  for (;;) {
    await clock.sleep(context.pace.groupsIntervalMs, turn.signal).catch(() => {});
    if (turn.signal.aborted) return;
    if (flow.groups === undefined) continue;
    try {
      await syncGroups({ ...groupSyncRequest(flow, context, turn), onGroup });
    } catch (error) {
      if (turn.signal.aborted) return;
      if (!(error instanceof ClusterFault) || error instanceof FencedError) throw error;
      context.tell(groupsFailed(flow, error));
    }
  }
}

function tell({ diagnostics }: GroupSyncResult, context: FollowContext): void {
  for (const one of diagnostics) context.tell(one);
}

function groupsFailed(flow: Flow, { diagnostic: cause }: ClusterFault) {
  const { summary, detail, fix } = cause;
  const what = `The groups of flow ${flow.name} could not be brought along: ${summary}`;
  return diagnostic('KP4025', { address: flowAddress(flow.name), summary: what, detail, fix });
}
