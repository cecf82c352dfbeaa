import type { GroupListing } from '../../src/cluster/snapshot.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { groupAddress } from '../../src/execution-plan/address.ts';
import type { OwnCommit, OwnCommits } from '../../src/state/own-commits.ts';
import type { GroupOffset, TopicPartition } from '../engines/native/ports.ts';
import type { CommittedOffset, GroupDescription } from '../ports.ts';
import { type ByKeyDecision, decideByKey } from './decide-by-key.ts';
import { type CommitDecision, type CommitRules, decideCommit, oursOf } from './decide-commit.ts';
import { decideSilent, type Silent, type SilentDecision, type Waiting } from './decide-silent.ts';
import { type MirroredPartition, type MirroredPartitions, partitionKey } from './mirrored-partition.ts';
import { withOwn } from './own-commits.ts';
import type { ByKeyTopics } from './read-by-key.ts';
import {
  activeGroup,
  aheadGroup,
  setBackGroup,
  theirsGroup,
  type Untranslated,
  unsupportedGroup,
  unsupportedOnTarget,
  untranslatedGroup,
  waitingGroup,
} from './sync-diagnostics.ts';

/** One group on both sides, read before anything is written. */
export interface GroupOnBothSides {
  /** Of the source; `Dead` where the group is gone there. */
  readonly listing: GroupListing;
  readonly committed: readonly CommittedOffset[];
  /** Absent where the target does not know the group. */
  readonly targetDescription?: GroupDescription | undefined;
  readonly targetCommitted: readonly CommittedOffset[];
  /** What the flow's syncs committed for the group last, and what is not known to be somebody else's since. */
  readonly own: OwnCommits;
  readonly renew: boolean;
}

export interface GroupSyncScope extends Pick<CommitRules, 'moment' | 'uncommitted'> {
  readonly flow: string;
  /** The target cluster's name in the plan file, for messages. */
  readonly targetCluster: string;
  /** Topics of the flow at the source that are looked at: what a group commits elsewhere is none of ours, or comes in another round. */
  readonly topics: ReadonlySet<string>;
  readonly partitions: MirroredPartitions;
  /** Topics whose records go by key: they have no partitions here. */
  readonly byKey: ByKeyTopics;
  /** They stand in neither of the two above. */
  readonly silent: Silent;
}

/** What is to be done about one group. Nothing is ever written for a group that is `active` or `unsupported`. */
export interface GroupSyncPlan {
  readonly group: string;
  readonly decision: 'write' | 'nothing' | 'active' | 'unsupported';
  /** In the order of topics and partitions. */
  readonly writes: readonly GroupOffset[];
  /** How many of the writes move the group. */
  readonly moved: number;
  /** Partitions whose offset on the target is ahead, and stays. */
  readonly ahead: number;
  /** Partitions of the target whose commit, which is ours, is gone at the source. */
  readonly removals: readonly TopicPartition[];
  /** What is ours once the writes are done; what is to be removed is ours until it is. */
  readonly own: OwnCommits;
  /** What is ours as long as they are not. */
  readonly ownUnwritten: OwnCommits;
  readonly untranslated: readonly Untranslated[];
  /** Partitions of the source in which nothing was done, since a leader on one of the sides does not answer. */
  readonly waiting: readonly Waiting[];
  /** In topics whose records go by key: at most so many, until the mirror or the group has gone on. */
  readonly rereadRecords: bigint;
  /** Members read on the target once. Brokers count the age of such a group's commits from when the last one left. */
  readonly hadMembers: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

const translatedTypes: ReadonlySet<string> = new Set(['classic', 'consumer', '']);
const idleStates: ReadonlySet<string> = new Set(['Empty', 'Dead']);

/** Decides for one group; pure. The cutover will ask the same with `moment: 'cutover'`, once its sources are fenced. */
export function planGroupSync(group: GroupOnBothSides, scope: GroupSyncScope): GroupSyncPlan {
  const { own, targetDescription: description } = group;
  const name = group.listing.group;
  const address = groupAddress(scope.flow, name);
  const nothing = { ...nothingOf(name, own), hadMembers: description?.hadMembers ?? false };
  if (!translatedTypes.has(group.listing.type.toLowerCase())) {
    return { ...nothing, decision: 'unsupported', diagnostics: [unsupportedGroup(address, group.listing)] };
  }
  const committed = group.committed.filter((one) => one.offset >= 0n && scope.topics.has(one.topic));
  if (committed.length === 0 && own.size === 0) return { ...nothing, decision: 'nothing', diagnostics: [] };
  if (description !== undefined && isActive(description)) {
    if (committed.length === 0) return { ...nothing, decision: 'nothing', diagnostics: [] };
    return { ...nothing, decision: 'active', diagnostics: [activeGroup(address, description, scope.targetCluster)] };
  }
  if (description !== undefined && isOfOtherKind(description, group.targetCommitted)) {
    if (committed.length === 0) return { ...nothing, decision: 'nothing', diagnostics: [] };
    return {
      ...nothing,
      decision: 'unsupported',
      diagnostics: [unsupportedOnTarget(address, name, scope.targetCluster)],
    };
  }
  return decided(group, committed, scope);
}

/** Of a group for which nothing is done, and that keeps what is ours. */
export function nothingOf(group: string, own: OwnCommits) {
  return {
    ...{ group, writes: [], moved: 0, ahead: 0, removals: [], own, ownUnwritten: own, untranslated: [] },
    ...{ waiting: [], rereadRecords: 0n, hadMembers: false, diagnostics: [] },
  };
}

function isActive(description: GroupDescription): boolean {
  return description.members.length > 0 || !idleStates.has(description.state);
}

/** Only a group that is there has commits: one that is `Dead` all the same is no classic one and no consumer one. */
function isOfOtherKind({ state }: GroupDescription, targetCommitted: readonly CommittedOffset[]): boolean {
  return state === 'Dead' && targetCommitted.length > 0;
}

/** A partition that has no position: the mirror has not begun with it. */
const notMirrored: Untranslated['result'] = { result: 'unknown', why: 'not-yet' };

interface Decided {
  readonly place: MirroredPartition;
  readonly committed: CommittedOffset | undefined;
  readonly decision: CommitDecision;
}

/** Of a target partition, whose records came from one of the source or from several. */
interface DecidedOnTarget {
  readonly target: TopicPartition;
  readonly decision: CommitDecision;
}

function decided(group: GroupOnBothSides, committed: readonly CommittedOffset[], scope: GroupSyncScope): GroupSyncPlan {
  const name = group.listing.group;
  const address = groupAddress(scope.flow, name);
  const single = decideCommits(group, committed, scope);
  const byKey = decideTopicsByKey(group, committed, scope);
  const { waiting, decided: silent } = decideWhereSilent(group, committed, scope);
  const all: readonly DecidedOnTarget[] = [
    ...single.map(({ place, decision }) => ({ target: place.target, decision })),
    ...byKey.flatMap((one) => one.decided),
    ...silent,
  ].sort((left, right) => byPartition(left.target, right.target));
  const of = (what: CommitDecision['what']) => all.filter((one) => one.decision.what === what);
  const writes = all.flatMap(({ target, decision }) => {
    return decision.write === undefined ? [] : [{ ...target, ...decision.write }];
  });
  const waits = new Set(waiting.map(partitionKey));
  const hasNoPlace = (one: CommittedOffset) =>
    !scope.partitions.has(partitionKey(one)) && !scope.byKey.has(one.topic) && !waits.has(partitionKey(one));
  const untranslated = [
    ...committed.filter(hasNoPlace).map(withoutPlace),
    ...single.filter((one) => one.decision.what === 'untranslated').map(notTranslated),
    ...byKey.flatMap((one) => one.untranslated),
  ].sort(byPartition);
  const removals = of('removed').map((one) => one.target);
  const ahead = of('ahead').length;
  const diagnostics = [...untranslatedGroup(address, name, untranslated), ...byKey.flatMap((one) => one.diagnostics)];
  if (waiting.length > 0) diagnostics.push(waitingGroup(address, name, waiting));
  if (ahead > 0) diagnostics.push(aheadGroup(address, name, ahead, scope.targetCluster));
  const wentBack = of('went-back').length;
  if (wentBack > 0) diagnostics.push(setBackGroup(address, name, wentBack, scope.targetCluster));
  const theirs = of('theirs').length;
  if (theirs > 0) diagnostics.push(theirsGroup(address, name, theirs, scope.targetCluster));
  return {
    group: name,
    decision: writes.length + removals.length === 0 ? 'nothing' : 'write',
    writes,
    moved: of('moved').length,
    ahead,
    removals,
    ...ownAfter(group, all),
    untranslated,
    waiting,
    rereadRecords: byKey.reduce((sum, one) => sum + one.rereadRecords, 0n),
    hadMembers: group.targetDescription?.hadMembers ?? false,
    diagnostics,
  };
}

/** Of every mirrored partition of a topic that the group reads, and of those where something of ours stands. */
function decideCommits(
  group: GroupOnBothSides,
  committed: readonly CommittedOffset[],
  scope: GroupSyncScope,
): readonly Decided[] {
  const commits = new Map(committed.map((one) => [partitionKey(one), one]));
  const standing = standingOf(group);
  const topicsRead = new Set(committed.map((one) => one.topic));
  const rules = rulesOf(group, scope);
  return [...scope.partitions.values()]
    .filter(({ source, target }) => topicsRead.has(source.topic) || ownOn(group.own, target) !== undefined)
    .sort((left, right) => byPartition(left.source, right.source))
    .map((place) => {
      const commit = commits.get(partitionKey(place.source));
      const one = {
        input: place.input,
        committed: commit,
        standing: standing.get(partitionKey(place.target)),
        own: ownOn(group.own, place.target),
        inTopic: topicsRead.has(place.source.topic),
      };
      return { place, committed: commit, decision: decideCommit(one, rules) };
    });
}

/** Of every topic whose records go by key and that the group reads, or where something of ours stands. */
function decideTopicsByKey(
  group: GroupOnBothSides,
  committed: readonly CommittedOffset[],
  scope: GroupSyncScope,
): readonly ByKeyDecision[] {
  const standing = standingOf(group);
  const rules = rulesOf(group, scope);
  const about = { address: groupAddress(scope.flow, group.listing.group), group: group.listing.group };
  return [...scope.byKey.values()].flatMap((topic) => {
    const ofTopic = committed.filter((one) => one.topic === topic.source);
    if (ofTopic.length === 0 && !group.own.has(topic.target)) return [];
    const commits = {
      committed: ofTopic,
      standing: (at: TopicPartition) => standing.get(partitionKey(at)),
      own: (at: TopicPartition) => ownOn(group.own, at),
    };
    return [decideByKey(topic, commits, rules, about)];
  });
}

function decideWhereSilent(
  group: GroupOnBothSides,
  committed: readonly CommittedOffset[],
  scope: GroupSyncScope,
): SilentDecision {
  const onTarget = { standing: standingOf(group), own: group.own };
  return decideSilent(scope.silent, committed, onTarget, rulesOf(group, scope));
}

/** By the target's partition. */
function standingOf({ targetCommitted }: GroupOnBothSides): ReadonlyMap<string, CommittedOffset> {
  return new Map(targetCommitted.map((one) => [partitionKey(one), one]));
}

function rulesOf({ renew, targetDescription }: GroupOnBothSides, { moment, uncommitted }: GroupSyncScope): CommitRules {
  return { moment, uncommitted, renew, hadMembers: targetDescription?.hadMembers ?? false };
}

function ownOn(own: OwnCommits, { topic, partition }: TopicPartition): OwnCommit | undefined {
  return own.get(topic)?.get(partition);
}

/** What is ours on partitions that were not looked at stays so. */
function ownAfter(group: GroupOnBothSides, all: readonly DecidedOnTarget[]) {
  const standing = standingOf(group);
  const stands = ({ target, decision }: DecidedOnTarget) =>
    decision.write === undefined
      ? decision.own
      : oursOf({ standing: standing.get(partitionKey(target)), own: ownOn(group.own, target) });
  return {
    own: withOwn(
      group.own,
      all.map((one) => [one.target, one.decision.own]),
    ),
    ownUnwritten: withOwn(
      group.own,
      all.map((one) => [one.target, stands(one)]),
    ),
  };
}

function withoutPlace(committed: CommittedOffset): Untranslated {
  return { ...committed, result: notMirrored };
}

/** A partition without a commit is told at the offset where it would have begun. */
function notTranslated({ place, committed, decision }: Decided): Untranslated {
  const { source, input } = place;
  const at = committed ?? { ...source, offset: input.source.start, metadata: null };
  return { ...at, result: decision.result ?? notMirrored };
}

function byPartition(left: TopicPartition, right: TopicPartition): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  return left.partition - right.partition;
}
