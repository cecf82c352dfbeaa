import type { GroupListing } from '../../src/cluster/snapshot.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { groupAddress } from '../../src/execution-plan/address.ts';
import type { TopicPartition } from '../engines/native/ports.ts';
import { type GroupRound, type GroupSyncResult, planGroups, readScope, storeOwn } from './group-round.ts';
import { partitionKey } from './mirrored-partition.ts';
import { withOwn } from './own-commits.ts';
import { refusalOf } from './refusal.ts';
import { notRemoved, removedCommits } from './sync-diagnostics.ts';

/**
 * Deletes what of the group's is ours on the target and gone at the source. Epochs do not fence OffsetDelete, so both sides
 * are read once more right before it: also since brokers leave out of an answer what the user may not read any more, so that
 * the topics must be there, and the same ones, after the commits were not. A broker deletes nothing under members (KIP-496).
 */
export async function removeCommits(
  round: GroupRound,
  listing: GroupListing,
  result: GroupSyncResult,
): Promise<GroupSyncResult> {
  const { request, scope, own } = round;
  const { group } = result;
  const address = groupAddress(scope.flow, group);
  const { plans, unread } = await planGroups(round, [{ listing, renew: false }]);
  const fault = unread.get(group);
  if (fault !== undefined) return kept(result, notRemoved(address, group, fault.diagnostic));
  const removals = await stillMirrored(round, plans[0]?.removals ?? []);
  if (removals.length === 0) return { ...result, removals };
  const refused = await request.target.groupWriter.deleteOffsets(group, removals).then(() => null, refusalOf);
  if (refused !== null) return kept(result, notRemoved(address, group, refused.diagnostic));
  const left = withOwn(
    own.get(group) ?? new Map(),
    removals.map((one) => [one, undefined]),
  );
  await storeOwn(round, [{ group, own: left }]);
  const told = removedCommits(address, group, removals.length, scope.targetCluster);
  return { ...result, removals, diagnostics: [...result.diagnostics, told] };
}

function kept(result: GroupSyncResult, why: Diagnostic): GroupSyncResult {
  return { ...result, removals: [], diagnostics: [...result.diagnostics, why] };
}

async function stillMirrored(
  { request }: GroupRound,
  removals: readonly TopicPartition[],
): Promise<readonly TopicPartition[]> {
  if (removals.length === 0) return [];
  const needed = { source: new Set<string>(), target: new Set(removals.map((one) => one.topic)) };
  const { partitions, byKey } = await readScope(request, needed);
  const targets = new Set([...partitions.values()].map((one) => partitionKey(one.target)));
  const topics = new Set([...byKey.values()].map((one) => one.target));
  return removals.filter((one) => targets.has(partitionKey(one)) || topics.has(one.topic));
}
