import type { GroupListing } from '../../src/cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { groupAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import type { OwnCommits } from '../../src/state/own-commits.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import type { CommittedOffset } from '../ports.ts';
import { awaitVisible } from './await-visible.ts';
import {
  type GroupRound,
  type GroupSyncRequest,
  type GroupSyncResult,
  planGroups,
  readScope,
  storeOwn,
} from './group-round.ts';
import { openGroupsProducer } from './groups-producer.ts';
import { eitherOwn, readOwnCommits } from './own-commits.ts';
import { type GroupSyncPlan, nothingOf } from './plan-group-sync.ts';
import { removeCommits } from './remove-commits.ts';
import { type GroupMemory, groupMemory, planRound, signatureOf } from './rounds.ts';
import { refusedGroup } from './sync-diagnostics.ts';

/** A group that this round looks at on the target. */
interface DueGroup {
  readonly listing: GroupListing;
  /** `signatureOf` what it had committed when the round began. */
  readonly signature: string;
  readonly renew: boolean;
  /** Read before the source's ends: what was committed then is not above them. */
  readonly committed: readonly CommittedOffset[];
}

/** Groups looked at and written, in one transaction, before the next ones are read: the time between a look at the target and the write. */
const groupsAtOnceMax = 20;

/**
 * Brings the committed offsets of a flow's groups to the target, as far as it is mirrored: exactly or not at all, never
 * back, and never those of a group that is active there; and removes there what it brought and is gone at the source. Groups
 * have a transactional id of their own, since the mirror's may be at work; it is taken over first, which fences a slow
 * predecessor's group offsets (KIP-98, KIP-447). What is reported as written can be read. A round that knows what the
 * ones before it saw looks only at groups that moved, and writes only what differs or is due to be renewed. Throws a
 * ClusterFault where a cluster fails, and its FencedError where another process has taken the flow over; a group that
 * alone is refused is `failed`.
 */
export async function syncGroups(request: GroupSyncRequest): Promise<readonly GroupSyncResult[]> {
  const memory = request.rounds?.memory ?? groupMemory();
  try {
    return await syncRound(request, memory);
  } catch (error) {
    memory.own = null;
    throw error;
  }
}

async function syncRound(request: GroupSyncRequest, memory: GroupMemory): Promise<readonly GroupSyncResult[]> {
  const { target, flow, clock, positionsTopic } = request;
  memory.own ??= await readOwnCommits(target.log, positionsTopic, flow.name, clock);
  const { own } = memory;
  const topics = new Set(flow.topics.map((one) => one.source));
  const { due, committedTopics, refused } = await dueGroups(request, memory, own, topics);
  const results = [...refused].map(([group, why]) => unread(flow, group, why, own));
  for (const one of results) request.onGroup?.(one);
  if (due.length === 0) return results;
  const place = { migration: request.migration, flow: flow.name, log: target.log, positionsTopic, clock };
  const producer = await openGroupsProducer(place);
  const scope = await readScope(request, topicsOf(due, own, committedTopics));
  const round: GroupRound = { request, scope, producer, own };
  for (let at = 0; at < due.length; at += groupsAtOnceMax) {
    request.signal?.throwIfAborted();
    const some = due.slice(at, at + groupsAtOnceMax);
    const startedAtMs = clock.nowMs();
    const carried = await carryOut(round, some);
    for (const one of carried) request.onGroup?.(one);
    results.push(...carried);
    remember(memory, some, carried, startedAtMs);
  }
  return results;
}

/** Groups at the source, and those of which something of ours may stand on the target though the source has them no more. */
async function dueGroups(
  request: GroupSyncRequest,
  memory: GroupMemory,
  own: ReadonlyMap<string, OwnCommits>,
  topics: ReadonlySet<string>,
) {
  const { source, clock, rounds } = request;
  const listed = (await source.cluster.listGroups()).filter((one) => request.matches(one.group));
  const names = new Set(listed.map((one) => one.group));
  const gone = [...own.keys()].filter((group) => !names.has(group) && request.matches(group));
  const all = [...listed, ...gone.map((group): GroupListing => ({ group, type: '', state: 'Dead' }))];
  const known = new Set(all.map((one) => one.group));
  for (const group of memory.groups.keys()) if (!known.has(group)) memory.groups.delete(group);
  const { committed, refused } = await committedOf(request, [...known]);
  const now = { nowMs: clock.nowMs(), renewAfterMs: rounds?.renewAfterMs ?? 0 };
  const due = all.flatMap((listing): DueGroup[] => {
    if (refused.has(listing.group)) return [];
    const commits = committed.get(listing.group) ?? [];
    const signature = signatureOf(commits, topics);
    const { look, renew } = planRound(now, memory.groups.get(listing.group), signature);
    return look ? [{ listing, signature, renew, committed: commits }] : [];
  });
  const committedTopics = new Map([...committed].map(([group, all]) => [group, all.map((one) => one.topic)]));
  return { due, committedTopics, refused };
}

/** A group that alone can not be read keeps no other from being brought along; what of it is ours stays. */
async function committedOf({ source: { groups } }: GroupSyncRequest, names: readonly string[]) {
  const refused = new Map<string, Diagnostic>();
  const committed = await groups.committedOffsets(names).catch(async (error: unknown) => {
    if (!(error instanceof ClusterFault) || error.retriable || names.length === 1) throw error;
    const found = new Map<string, readonly CommittedOffset[]>();
    for (const name of names) {
      const one = await groups.committedOffsets([name]).catch((fault: unknown) => faultOf(fault));
      if (one instanceof ClusterFault) refused.set(name, one.diagnostic);
      else found.set(name, one.get(name) ?? []);
    }
    if (refused.size === names.length) throw error;
    return found;
  });
  return { committed, refused };
}

function faultOf(error: unknown): ClusterFault {
  if (error instanceof ClusterFault && !error.retriable) return error;
  throw error;
}

/** Topics of the source that the groups read, or in which something of ours stands on the target. */
function topicsOf(
  due: readonly DueGroup[],
  own: ReadonlyMap<string, OwnCommits>,
  committed: ReadonlyMap<string, readonly string[]>,
): { readonly source: ReadonlySet<string>; readonly target: ReadonlySet<string> } {
  const names = due.map((one) => one.listing.group);
  return {
    source: new Set(names.flatMap((group) => committed.get(group) ?? [])),
    target: new Set(names.flatMap((group) => [...(own.get(group)?.keys() ?? [])])),
  };
}

/**
 * Before anything is committed, what will be ours is stored beside what is; once it is known which of them stands, that alone.
 * So a kill at any place leaves nothing of ours unknown.
 */
async function carryOut(round: GroupRound, due: readonly DueGroup[]): Promise<GroupSyncResult[]> {
  const { request } = round;
  const plans = await planGroups(round, due);
  await storeOwn(
    round,
    plans.map(({ group, own, ownUnwritten }) => ({ group, own: eitherOwn(ownUnwritten, own) })),
  );
  const results = await write(round, plans);
  const written = results.filter((one) => one.outcome === 'written');
  const invisible = await awaitVisible(request.target.groups, written, request.clock);
  const visible = results.map((one) =>
    invisible.has(one.group) ? failed(one, invisibleGroup(one, request.flow)) : one,
  );
  await storeOwn(
    round,
    results
      .filter((one) => !invisible.has(one.group))
      .map(({ group, outcome, own, ownUnwritten }) => ({ group, own: outcome === 'failed' ? ownUnwritten : own })),
  );
  const listings = new Map(due.map((one) => [one.listing.group, one.listing]));
  const done: GroupSyncResult[] = [];
  for (const one of visible) {
    const listing = listings.get(one.group);
    const hasMore = one.outcome === 'written' && one.removals.length > 0 && listing !== undefined;
    done.push(hasMore ? await removeCommits(round, listing, one) : one);
  }
  return done;
}

/** All groups in one transaction; where one of them is refused, each in its own. */
async function write(round: GroupRound, plans: readonly GroupSyncPlan[]): Promise<GroupSyncResult[]> {
  const writing = plans.filter((one) => one.writes.length > 0);
  const refused = await refusedOf(round, writing);
  return plans.map(({ decision, ...plan }) => {
    const why = refused.get(plan.group);
    if (why !== undefined)
      return failed(plan, refusedGroup(groupAddress(round.scope.flow, plan.group), plan.group, why));
    return { ...plan, outcome: decision === 'write' ? 'written' : decision };
  });
}

async function refusedOf(
  round: GroupRound,
  writing: readonly GroupSyncPlan[],
): Promise<ReadonlyMap<string, Diagnostic>> {
  const [first, second] = writing;
  if (first === undefined) return new Map();
  const fault = await round.producer.commit(writing);
  if (fault === null) return new Map();
  if (second === undefined) return new Map([[first.group, fault.diagnostic]]);
  const refused: [string, Diagnostic][] = [];
  for (const one of writing) {
    round.request.signal?.throwIfAborted();
    refused.push(...(await refusedOf(round, [one])));
  }
  return new Map(refused);
}

/**
 * Whatever waits for something that no commit at the source tells of is looked at in the next round, too; and a group that had
 * members on the target, whose commits the brokers may forget at any time.
 */
function remember(
  memory: GroupMemory,
  due: readonly DueGroup[],
  results: readonly GroupSyncResult[],
  nowMs: number,
): void {
  const found = new Map(results.map((one) => [one.group, one]));
  for (const { listing, signature, renew } of due) {
    const result = found.get(listing.group);
    if (result === undefined) continue;
    const waits = result.untranslated.some(({ result: why }) => why.result === 'unknown' && why.why === 'not-yet');
    const isSure = result.rereadRecords === 0n && (!result.hadMembers || result.outcome === 'active');
    const settled = result.outcome !== 'failed' && !waits && isSure;
    const renewed = renew && result.outcome !== 'failed';
    const before = memory.groups.get(listing.group)?.renewedAtMs ?? Number.NEGATIVE_INFINITY;
    memory.groups.set(listing.group, {
      committed: signature,
      settled,
      lookedAtMs: nowMs,
      renewedAtMs: renewed ? nowMs : before,
    });
  }
}

/** Nothing is known of the group at the source, and nothing is done. */
function unread(flow: Flow, group: string, why: Diagnostic, own: ReadonlyMap<string, OwnCommits>): GroupSyncResult {
  return failed(
    nothingOf(group, own.get(group) ?? new Map()),
    refusedGroup(groupAddress(flow.name, group), group, why),
  );
}

function failed(plan: Omit<GroupSyncPlan, 'decision'>, why: Diagnostic): GroupSyncResult {
  return { ...plan, outcome: 'failed', moved: 0, diagnostics: [...plan.diagnostics, why] };
}

function invisibleGroup({ group }: { readonly group: string }, flow: Flow): Diagnostic {
  return diagnostic('KP6008', {
    address: groupAddress(flow.name, group),
    summary: `The offsets of group ${group} were committed on ${flow.target}, but cannot be read there yet.`,
    fix: 'Look at the brokers that lead __consumer_offsets, then apply again before consumers start.',
  });
}
