import type { GroupListing } from '../../src/cluster/snapshot.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { groupAddress } from '../../src/execution-plan/address.ts';
import { translate } from '../../src/offset-map/translate.ts';
import type { GroupOffset } from '../engines/native/ports.ts';
import type { CommittedOffset, GroupDescription } from '../ports.ts';
import { type MirroredPartitions, partitionKey } from './mirrored-partition.ts';
import { activeGroup, aheadGroup, type Untranslated, unsupportedGroup, untranslatedGroup } from './sync-diagnostics.ts';

/** One group on both sides, read before anything is written. */
export interface GroupOnBothSides {
  readonly listing: GroupListing;
  readonly committed: readonly CommittedOffset[];
  /** Absent where the target does not know the group. */
  readonly targetDescription?: GroupDescription | undefined;
  readonly targetCommitted: readonly CommittedOffset[];
}

export interface GroupSyncScope {
  readonly flow: string;
  /** The target cluster's name in the plan file, for messages. */
  readonly targetCluster: string;
  /** Topics of the flow at the source: what a group commits elsewhere is none of ours. */
  readonly topics: ReadonlySet<string>;
  readonly partitions: MirroredPartitions;
}

/** What is to be done about one group. Nothing is ever written for a group that is `active` or `unsupported`. */
export interface GroupSyncPlan {
  readonly group: string;
  readonly decision: 'write' | 'nothing' | 'active' | 'unsupported';
  /** In the order of topics and partitions. Those that stand there already are written again, so that they do not expire. */
  readonly writes: readonly GroupOffset[];
  /** How many of the writes move the group. */
  readonly moved: number;
  /** Partitions whose offset on the target is ahead, and stays. */
  readonly ahead: number;
  readonly untranslated: readonly Untranslated[];
  readonly diagnostics: readonly Diagnostic[];
}

const translatedTypes: ReadonlySet<string> = new Set(['classic', 'consumer', '']);
const idleStates: ReadonlySet<string> = new Set(['Empty', 'Dead']);

/** Decides for one group; pure. Partitions without a commit are left alone, and no partition moves back. */
export function planGroupSync(group: GroupOnBothSides, scope: GroupSyncScope): GroupSyncPlan {
  const name = group.listing.group;
  const address = groupAddress(scope.flow, name);
  const nothing = { group: name, writes: [], moved: 0, ahead: 0, untranslated: [] };
  if (!translatedTypes.has(group.listing.type.toLowerCase())) {
    return { ...nothing, decision: 'unsupported', diagnostics: [unsupportedGroup(address, group.listing)] };
  }
  const committed = group.committed.filter((one) => one.offset >= 0n && scope.topics.has(one.topic));
  if (committed.length === 0) return { ...nothing, decision: 'nothing', diagnostics: [] };
  const description = group.targetDescription;
  if (description !== undefined && isActive(description)) {
    return { ...nothing, decision: 'active', diagnostics: [activeGroup(address, description, scope.targetCluster)] };
  }
  const { writes, moved, ahead, untranslated } = decideOffsets(committed, group.targetCommitted, scope.partitions);
  const diagnostics = untranslatedGroup(address, name, untranslated);
  if (ahead > 0) diagnostics.push(aheadGroup(address, name, ahead, scope.targetCluster));
  const decision = writes.length === 0 ? 'nothing' : 'write';
  return { group: name, decision, writes, moved, ahead, untranslated, diagnostics };
}

function isActive(description: GroupDescription): boolean {
  return description.members.length > 0 || !idleStates.has(description.state);
}

/** A partition that has no position: the mirror has not begun with it. */
const notMirrored: Untranslated['result'] = { result: 'unknown', why: 'not-yet' };

function decideOffsets(
  committed: readonly CommittedOffset[],
  targetCommitted: readonly CommittedOffset[],
  partitions: MirroredPartitions,
): Pick<GroupSyncPlan, 'writes' | 'moved' | 'ahead' | 'untranslated'> {
  const standing = new Map(targetCommitted.map((one) => [partitionKey(one), one.offset]));
  const writes: GroupOffset[] = [];
  const untranslated: Untranslated[] = [];
  let moved = 0;
  let ahead = 0;
  for (const one of [...committed].sort(byPartition)) {
    const mirrored = partitions.get(partitionKey(one));
    if (mirrored === undefined) {
      untranslated.push({ ...one, result: notMirrored });
      continue;
    }
    const answer = translate(mirrored.input, one.offset);
    if (answer.result !== 'translated') {
      untranslated.push({ ...one, result: answer });
      continue;
    }
    const before = standing.get(partitionKey(mirrored.target)) ?? -1n;
    if (before > answer.target) {
      ahead += 1;
      continue;
    }
    if (before < answer.target) moved += 1;
    writes.push({ ...mirrored.target, offset: answer.target, metadata: one.metadata });
  }
  return { writes, moved, ahead, untranslated };
}

function byPartition(left: CommittedOffset, right: CommittedOffset): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  return left.partition - right.partition;
}
