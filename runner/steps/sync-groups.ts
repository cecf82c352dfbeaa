import { type Diagnostic, hasErrors } from '../../src/diagnostics/diagnostic.ts';
import type { Flow, GroupSelection } from '../../src/migration/migration.ts';
import { compilePattern } from '../../src/migration/patterns.ts';
import { positionsTopic } from '../../src/state/keys.ts';
import { readPositions } from '../engines/native/positions.ts';
import type { GroupSyncRequest, GroupSyncResult } from '../groups/group-round.ts';
import { syncGroups } from '../groups/sync-groups.ts';
import { clusterOf } from '../run/world.ts';
import { flowOf } from './define-flow.ts';
import { type FlowTurn, groupWriterUnderLease, logUnderLease, underFlowLeases } from './flow-lease.ts';
import {
  checksNothing,
  type FlowWork,
  neverDone,
  type StepContext,
  type StepHandler,
  type StepOutcome,
  verifiesNothing,
} from './step-handler.ts';

/** Committed offsets are brought along in every apply: consumers went on since the last one. */
export const syncGroupsStep: StepHandler<'sync-groups'> = {
  batchMax: 1_000,
  subject: flowOf,
  check: checksNothing,
  inspect: neverDone,
  apply: (work, context) =>
    underFlowLeases(
      work,
      context,
      (flow, step, turn) => syncFlow(flow, step, context, turn),
      async (_flow, step) => {
        context.emit({ event: 'step_progress', step, message: 'the process that follows the flow brings them along' });
        return { result: 'done' };
      },
    ),
  verify: verifiesNothing,
};

async function syncFlow(flow: Flow, step: string, context: StepContext, turn: FlowTurn): Promise<StepOutcome> {
  const onGroup = (result: GroupSyncResult) => report(result, step, context);
  try {
    const unlisted: Diagnostic[] = [];
    const onUnlisted = (one: Diagnostic) => void unlisted.push(one);
    const results = await syncGroups({ ...groupSyncRequest(flow, context, turn), onGroup, onUnlisted });
    const failures = [...unlisted, ...results.filter(isFailed).flatMap((one) => one.diagnostics)];
    if (failures.length > 0) return { result: 'failed', diagnostics: failures };
    const written = results.filter((one) => one.outcome === 'written').length;
    context.emit({ event: 'step_progress', step, message: `${written} of ${results.length} groups brought along` });
    return { result: 'done' };
  } catch (error) {
    if (turn.signal.aborted && error === turn.signal.reason) return { result: 'interrupted' };
    throw error;
  }
}

/** Also where it is written in some of its partitions and waits in others. */
function isFailed({ diagnostics }: GroupSyncResult): boolean {
  return hasErrors(diagnostics);
}

/** The groups of a flow, under its lease. */
export function groupSyncRequest(flow: Flow, { plan, world }: FlowWork, turn: FlowTurn): GroupSyncRequest {
  const source = clusterOf(world, flow.source);
  const target = clusterOf(world, flow.target);
  return {
    migration: plan.migration.name,
    flow,
    matches: groupMatcher(flow.groups),
    source: { cluster: source.reader, groups: source.groups, log: source.log },
    target: {
      groups: target.groups,
      groupWriter: groupWriterUnderLease(target.groupWriter, turn.held),
      log: logUnderLease(target.log, turn.held),
    },
    positionsTopic: positionsTopic(plan.migration.name),
    readPositions: () => readPositions(target.log, positionsTopic(plan.migration.name), flow.name, world.clock),
    clock: world.clock,
    signal: turn.signal,
  };
}

/** What failed is told by the step's outcome. */
function report(result: GroupSyncResult, step: string, { emit }: StepContext): void {
  const { outcome, group, moved, diagnostics } = result;
  if (!isFailed(result)) for (const one of diagnostics) emit({ event: 'diagnostic', diagnostic: one });
  if (outcome !== 'written' || moved === 0) return;
  const offsets = moved === 1 ? 'offset' : 'offsets';
  emit({ event: 'step_progress', step, message: `group ${group}: ${moved} ${offsets} moved` });
}

/** The patterns were checked when the plan was made: one that does not compile matches nothing. */
function groupMatcher(groups: GroupSelection | undefined): (group: string) => boolean {
  if (groups === undefined) return () => false;
  const include = groups.include.map(compile);
  const exclude = groups.exclude.map(compile);
  return (group) => include.some((matches) => matches(group)) && !exclude.some((matches) => matches(group));
}

function compile(text: string): (name: string) => boolean {
  const pattern = compilePattern(text);
  return 'error' in pattern ? () => false : (name) => pattern.matches(name);
}
