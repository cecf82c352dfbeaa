import { takeSnapshot } from '../../src/cluster/take-snapshot.ts';
import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { ExecutionPlan } from '../../src/execution-plan/execution-plan.ts';
import { type DiscoverInput, discover, discoveryMigration } from '../../src/following/discover.ts';
import { type ToldTransactions, tellHeldBack } from '../../src/following/tell-held-back.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { snapshotScope } from '../../src/migration/snapshot-scope.ts';
import type { LossRecord, StateSnapshot } from '../../src/state/records.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import type { RunEvent } from '../run/events.ts';
import { clusterOf } from '../run/world.ts';
import { applyPlan } from '../run.ts';
import { readHeldState } from '../state/store.ts';
import type { FollowContext } from './follow-context.ts';

/** What the watches of a flow have seen handed over, one after the other: what comes between two of them is new to the next. */
export interface Seen {
  wanted?: string;
  /** Open transactions that hold the flow back, as they were told, and when they were looked for. */
  readonly transactions: { told: ToldTransactions; lookedAtMs: number };
}

export function nothingSeen(): Seen {
  return { transactions: { told: new Set(), lookedAtMs: Number.NEGATIVE_INFINITY } };
}

/** Resolves to the flow as it should be mirrored from now on, or to null when `signal` is aborted. */
export async function watchFlow(
  flow: Flow,
  seen: Seen,
  context: FollowContext,
  signal: AbortSignal,
): Promise<Flow | null> {
  const { stateLog, world } = context;
  const { clock } = world;
  const atStart = await readHeldState(stateLog);
  seen.wanted ??= JSON.stringify(wantedOf(flow, atStart));
  const decidedAtStart = acceptedOf(flow, atStart);
  for (;;) {
    await clock.sleep(context.pace.watchIntervalMs, signal).catch(() => {});
    if (signal.aborted) return null;
    try {
      const state = await readHeldState(stateLog);
      const wanted = wantedOf(flow, state);
      if (wanted !== null && JSON.stringify(wanted) !== seen.wanted) {
        seen.wanted = JSON.stringify(wanted);
        return wanted;
      }
      if (acceptedOf(flow, state) !== decidedAtStart) return flow;
      const snapshots = await snapshotsOf(flow, context);
      const found = await lookAgain(flow, { state, snapshots }, context, signal);
      if (JSON.stringify(found.topics) !== JSON.stringify(flow.topics)) return found;
      // Last: where nobody can tell of them, what is new must come along all the same.
      await lookForTransactions(flow, snapshots, seen, context);
    } catch (error) {
      if (!(error instanceof ClusterFault)) throw error;
      context.tell(watchFailed(flow, error));
    }
  }
}

/** What an apply handed over last; null where none did. */
function wantedOf(flow: Flow, { wanted }: StateSnapshot): Flow | null {
  return wanted?.get(flow.name)?.flow ?? null;
}

/** What somebody decided about the flow's losses; the mirror that begins anew goes on after them. */
function acceptedOf(flow: Flow, { losses = new Map<string, LossRecord>() }: StateSnapshot): string {
  const accepted = [...losses].filter(([, loss]) => loss.flow === flow.name && loss.accepted !== undefined);
  return JSON.stringify(accepted);
}

/** Makes and alters what came along, and gives the flow with the members that can be mirrored then. */
async function lookAgain(
  flow: Flow,
  live: Pick<DiscoverInput, 'state' | 'snapshots'>,
  context: FollowContext,
  signal: AbortSignal,
): Promise<Flow> {
  const { plan, world, tell } = context;
  const createdAt = new Date(world.clock.nowMs()).toISOString();
  const refused = new Set<string>();
  for (;;) {
    const found = discover({ flow, plan, ...live, createdAt, refused });
    for (const one of found.diagnostics) tell(one);
    if (found.plan === null) return found.flow;
    const { isDone, refusals } = await carryOut(found.plan, flow, context, signal);
    if (isDone) return found.flow;
    const before = refused.size;
    for (const address of refusals) refused.add(address);
    if (refused.size === before) return flow;
  }
}

/** Tells who holds the flow back at the source: nothing is lost by it, but the mirror waits, for as long as that takes. */
async function lookForTransactions(
  flow: Flow,
  snapshots: DiscoverInput['snapshots'],
  { transactions }: Seen,
  { pace, world, emit }: FollowContext,
): Promise<void> {
  const nowMs = world.clock.nowMs();
  if (nowMs - transactions.lookedAtMs < pace.transactionsIntervalMs) return;
  const topics = flow.topics.flatMap(({ source }) => snapshots.get(flow.source)?.topics.get(source) ?? []);
  const progress = await clusterOf(world, flow.source).reader.readProgress({ topics, groups: [] });
  const { told, diagnostics } = tellHeldBack(flow, progress, nowMs, transactions.told);
  transactions.told = told;
  transactions.lookedAtMs = nowMs;
  for (const one of diagnostics) emit({ event: 'diagnostic', diagnostic: one });
}

async function snapshotsOf(flow: Flow, { plan, world }: FollowContext) {
  const readers = Object.fromEntries([flow.source, flow.target].map((name) => [name, clusterOf(world, name).reader]));
  return takeSnapshot(readers, (listing) => {
    const topics = new Map([...listing].map(([name, all]) => [name, { topics: all }]));
    return snapshotScope(discoveryMigration(flow, plan.migration, topics).migration);
  });
}

/** What is not done is found again in the next round; what the target refuses must not keep the rest from being done. */
async function carryOut(plan: ExecutionPlan, flow: Flow, context: FollowContext, signal: AbortSignal) {
  const { leasing, world, stateLog } = context;
  const refusals: string[] = [];
  const summary = await applyPlan(plan, world, {
    ...leasing,
    run: context.nextRun(),
    lockTimeoutSeconds: 0,
    only: 'resources',
    signal,
    emit(event) {
      const told = event.event === 'diagnostic' ? [event.diagnostic] : [];
      for (const { code, address } of event.event === 'step_failed' ? event.diagnostics : told) {
        if (code === 'KP4008' && address !== undefined) refusals.push(address);
      }
      forward(event, context);
    },
    live: async () => ({ snapshots: await snapshotsOf(flow, context), state: await readHeldState(stateLog) }),
  });
  return { isDone: summary.result === 'done', refusals };
}

/** Its summary is not the follower's. Another apply at work, and what moved meanwhile, are tried again without a word. */
function forward(event: RunEvent, { emit, tell }: FollowContext): void {
  if (event.event === 'summary') return;
  if (event.event !== 'diagnostic') emit(event);
  else if (event.diagnostic.code !== 'KP4001' && event.diagnostic.code !== 'KP4002') tell(event.diagnostic);
}

export function watchFailed(flow: Flow, { diagnostic: cause }: ClusterFault) {
  const { summary, detail, fix } = cause;
  const what = `What is new for flow ${flow.name} could not be looked at: ${summary}`;
  return diagnostic('KP4025', { address: flowAddress(flow.name), summary: what, detail, fix });
}
