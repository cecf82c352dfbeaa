import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { groupAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import type { OwnCommits } from '../../src/state/own-commits.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';
import { awaitVisible } from './await-visible.ts';
import { type DueGroup, type GroupRound, type GroupSyncResult, planGroups, storeOwn } from './group-round.ts';
import { transactionMaxMs } from './groups-producer.ts';
import { eitherOwn } from './own-commits.ts';
import { type GroupSyncPlan, nothingOf } from './plan-group-sync.ts';
import { removeCommits } from './remove-commits.ts';
import { refusedGroup, unreadGroup } from './sync-diagnostics.ts';

export interface CarriedOut {
  readonly results: readonly GroupSyncResult[];
  /** Groups for which nothing was done, since the others took long: they are to be looked at once more. */
  readonly late: readonly DueGroup[];
  /** Groups for which nothing was done, since one of the clusters did not tell of them. */
  readonly unread: ReadonlyMap<string, ClusterFault>;
}

/**
 * Looks at these groups on both sides and writes what differs. Before anything is committed, what will be ours is stored
 * beside what is; once it is known which of them stands, that alone. So a kill at any place leaves nothing of ours unknown.
 */
export async function carryOut(round: GroupRound, due: readonly DueGroup[]): Promise<CarriedOut> {
  const { request } = round;
  const { plans, unread } = await planGroups(round, due);
  await storeOwn(
    round,
    plans.map(({ group, own, ownUnwritten }) => ({ group, own: eitherOwn(ownUnwritten, own) })),
  );
  const unwritten = await write(
    round,
    plans.filter((one) => one.writes.length > 0),
  );
  const results = plans.flatMap((plan) => resultOf(round, plan, unwritten.get(plan.group)));
  const written = results.filter((one) => one.outcome === 'written');
  const invisible = await awaitVisible(request.target.groups, written, request.clock);
  await storeOwn(
    round,
    plans
      .filter(({ group }) => !invisible.has(group))
      .map(({ group, own, ownUnwritten }) => ({ group, own: unwritten.has(group) ? ownUnwritten : own })),
  );
  const listings = new Map(due.map((one) => [one.listing.group, one.listing]));
  const done: GroupSyncResult[] = [];
  for (const one of results) {
    const listing = listings.get(one.group);
    if (invisible.has(one.group)) done.push(failed(one, invisibleGroup(round, one.group)));
    else if (one.outcome !== 'written' || one.removals.length === 0 || listing === undefined) done.push(one);
    else done.push(await removeCommits(round, listing, one));
  }
  return { results: done, late: due.filter((one) => unwritten.get(one.listing.group) === 'late'), unread };
}

/** Why nothing was committed for a group: the target refuses it, or there was no time left. */
type Unwritten = Diagnostic | 'late';

/** All groups in one transaction; where one of them is refused, each in its own. Gives those that were not written. */
async function write(
  { request, producer }: GroupRound,
  writing: readonly GroupSyncPlan[],
): Promise<ReadonlyMap<string, Unwritten>> {
  const first = writing[0];
  if (first === undefined) return new Map();
  const { count, refused } = await producer.commit(writing);
  const late = (groups: readonly GroupSyncPlan[]) => groups.map((one) => [one.group, 'late'] as const);
  if (refused === null) return new Map(late(writing.slice(count)));
  if (writing.length === 1) return new Map([[first.group, refused.diagnostic]]);
  const startedAtMs = request.clock.nowMs();
  const unwritten: (readonly [string, Unwritten])[] = [];
  for (const [at, one] of writing.entries()) {
    request.signal?.throwIfAborted();
    if (request.clock.nowMs() - startedAtMs > transactionMaxMs)
      return new Map([...unwritten, ...late(writing.slice(at))]);
    const alone = await producer.commit([one]);
    if (alone.refused !== null) unwritten.push([one.group, alone.refused.diagnostic]);
  }
  return new Map(unwritten);
}

function resultOf(
  { scope }: GroupRound,
  { decision, ...plan }: GroupSyncPlan,
  unwritten: Unwritten | undefined,
): GroupSyncResult[] {
  if (unwritten === 'late') return [];
  if (unwritten === undefined) return [{ ...plan, outcome: decision === 'write' ? 'written' : decision }];
  return [failed(plan, refusedGroup(groupAddress(scope.flow, plan.group), plan.group, unwritten))];
}

/** Its turn failed: what it did is found out by the next round. */
export function turnFailed({ name }: Pick<Flow, 'name'>, group: string, why: Diagnostic): GroupSyncResult {
  return failed(nothingOf(group, new Map()), refusedGroup(groupAddress(name, group), group, why));
}

/** Nothing is known of the group on one of the clusters, and nothing is done. */
export function unread(
  { name }: Pick<Flow, 'name'>,
  group: string,
  { retriable, diagnostic: why }: ClusterFault,
  own: OwnCommits = new Map(),
): GroupSyncResult {
  const told = retriable ? unreadGroup : refusedGroup;
  return failed(nothingOf(group, own), told(groupAddress(name, group), group, why));
}

function failed(plan: Omit<GroupSyncPlan, 'decision'>, why: Diagnostic): GroupSyncResult {
  return { ...plan, outcome: 'failed', moved: 0, diagnostics: [...plan.diagnostics, why] };
}

function invisibleGroup({ scope }: GroupRound, group: string): Diagnostic {
  return diagnostic('KP6008', {
    address: groupAddress(scope.flow, group),
    summary: `The offsets of group ${group} were committed on ${scope.targetCluster}, but cannot be read there yet.`,
    fix: 'Look at the brokers that lead __consumer_offsets, then apply again before consumers start.',
  });
}
