import type { GroupListing } from '../../src/cluster/snapshot.ts';
import type { OwnCommits } from '../../src/state/own-commits.ts';
import { unread } from './carry-out.ts';
import {
  type DueGroup,
  type GroupRound,
  type GroupSyncRequest,
  type GroupSyncResult,
  readScope,
} from './group-round.ts';
import { openGroupsProducer } from './groups-producer.ts';
import { readOwnCommits } from './own-commits.ts';
import { type ReadGroups, readEachGroup } from './read-each-group.ts';
import { type GroupMemory, groupMemory, planRound, roundPatience, signatureOf } from './rounds.ts';
import { carryOutAll } from './turns.ts';
import { unlistedGroups } from './unlisted-groups.ts';

/**
 * Brings the committed offsets of a flow's groups to the target, as far as it is mirrored: exactly or not at all, never
 * back, and never those of a group that is active there; and removes there what it brought and is gone at the source. Groups
 * have a transactional id of their own, since the mirror's may be at work; it is taken over first, which fences a slow
 * predecessor's group offsets (KIP-98, KIP-447). What is reported as written can be read. A round that knows what the
 * ones before it saw looks only at groups that moved, and writes only what differs or is due to be renewed. A group that
 * alone is refused, can not be read for now, or whose coordinator does not answer, is `failed`; one that reads a partition whose
 * leader does not answer waits there alone. Throws a ClusterFault where a cluster fails.
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
  const { flow } = request;
  const own = await ownOf(request, memory);
  const topics = new Set(flow.topics.map((one) => one.source));
  const { due, committedTopics, faults } = await dueGroups(request, memory, own, topics);
  await tellUnlisted(request, memory);
  const results: GroupSyncResult[] = [];
  const tell = (told: readonly GroupSyncResult[]) => {
    for (const one of told) request.onGroup?.(one);
    results.push(...told);
  };
  tell([...faults].map(([group, fault]) => unread(flow, group, fault, own.get(group))));
  const open = async () => openRound(request, memory, due, committedTopics);
  await carryOutAll({ request, memory, open, tell }, due);
  return results;
}

/** After the groups were listed: a partition that lost its leader before is seen. */
async function tellUnlisted({ flow, source, onUnlisted }: GroupSyncRequest, memory: GroupMemory): Promise<void> {
  if (memory.isListingUnknown) return;
  const found = await unlistedGroups(flow.name, source.log);
  if (found === 'refused') memory.isListingUnknown = true;
  else if (found !== null) onUnlisted?.(found);
}

async function ownOf({ target, flow, clock, positionsTopic }: GroupSyncRequest, memory: GroupMemory) {
  memory.own ??= await readOwnCommits(target.log, positionsTopic, flow.name, clock);
  return memory.own;
}

async function openRound(
  request: GroupSyncRequest,
  memory: GroupMemory,
  due: readonly DueGroup[],
  committedTopics: ReadonlyMap<string, readonly string[]>,
): Promise<GroupRound> {
  const { migration, flow, target, positionsTopic, clock } = request;
  const producer = await openGroupsProducer({ migration, flow: flow.name, log: target.log, positionsTopic, clock });
  const own = await ownOf(request, memory);
  return { request, producer, own, scope: await readScope(request, topicsOf(due, own, committedTopics)) };
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
  for (const group of memory.failed) if (!known.has(group)) memory.failed.delete(group);
  const { commits: committed, faults } = await readSource(request, [...known]);
  const now = { nowMs: clock.nowMs(), renewAfterMs: rounds?.renewAfterMs ?? 0 };
  const due = all.flatMap((listing): DueGroup[] => {
    const commits = committed.get(listing.group);
    if (commits === undefined) return [];
    const signature = signatureOf(commits, topics);
    const { look, renew } = planRound(now, memory.groups.get(listing.group), signature);
    return look ? [{ listing, signature, renew, committed: commits }] : [];
  });
  const committedTopics = new Map([...committed].map(([group, all]) => [group, all.map((one) => one.topic)]));
  return { due, committedTopics, faults };
}

/** A group that alone can not be read keeps no other from being brought along; what of it is ours stays. */
async function readSource(request: GroupSyncRequest, names: readonly string[]): Promise<ReadGroups> {
  const read = await readEachGroup(request.source.groups, names, roundPatience(request.rounds !== undefined));
  const faults = [...read.faults.values()];
  const [first] = faults;
  const isOfCluster = faults.every((one) => one.errorName !== 'UNSTABLE_OFFSET_COMMIT');
  if (first !== undefined && read.commits.size === 0 && isOfCluster) throw first;
  return read;
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
