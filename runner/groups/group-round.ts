import type { ClusterReader } from '../../src/cluster/ports.ts';
import type { GroupListing } from '../../src/cluster/snapshot.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { Flow } from '../../src/migration/migration.ts';
import type { OwnCommits } from '../../src/state/own-commits.ts';
import type { Clock, LogReader, TransactionalLog } from '../engines/native/ports.ts';
import { readStored, type StoredPosition } from '../engines/native/positions.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';
import { retryLimits } from '../kafka/retry.ts';
import type { CommittedOffset, GroupReader, GroupWriter } from '../ports.ts';
import { type AskedOffset, fillSpans } from './fill-spans.ts';
import type { GroupsProducer } from './groups-producer.ts';
import { ownCommitRecords } from './own-commits.ts';
import { type GroupSyncPlan, type GroupSyncScope, planGroupSync } from './plan-group-sync.ts';
import { askByKeyTopics } from './read-by-key.ts';
import { readEachGroup } from './read-each-group.ts';
import { askMirroredPartitions } from './read-mirrored-partitions.ts';
import { type GroupMemory, leadersAwaitedMs } from './rounds.ts';

export interface GroupSyncRequest {
  /** The migration's name. */
  readonly migration: string;
  readonly flow: Flow;
  /** Of the groups' names: `groups.include` without `groups.exclude`. */
  readonly matches: (group: string) => boolean;
  readonly source: {
    readonly cluster: Pick<ClusterReader, 'listGroups'>;
    readonly groups: GroupReader;
    readonly log: LogReader;
  };
  readonly target: { readonly groups: GroupReader; readonly groupWriter: GroupWriter; readonly log: TransactionalLog };
  readonly positionsTopic: string;
  /** Reads the flow's positions; called once, after the fencing. */
  readonly readPositions: () => Promise<readonly StoredPosition[]>;
  readonly clock: Clock;
  /** Of the rounds before this one, and how old commits on the target may become. Absent: all groups are looked at and renewed. */
  readonly rounds?: { readonly memory: GroupMemory; readonly renewAfterMs: number };
  /** Told after each group, in no particular order. */
  readonly onGroup?: (result: GroupSyncResult) => void;
  /** Told where groups of the source may be missing. */
  readonly onUnlisted?: (diagnostic: Diagnostic) => void;
  /** Looked at between groups; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** What became of one group; `failed` has a KP6008, or a KP6055, among its diagnostics. */
export interface GroupSyncResult extends Omit<GroupSyncPlan, 'decision'> {
  readonly outcome: 'written' | 'nothing' | 'active' | 'unsupported' | 'failed';
}

/** Everything that one round works with. */
export interface GroupRound {
  readonly request: GroupSyncRequest;
  readonly scope: GroupSyncScope;
  readonly producer: GroupsProducer;
  readonly own: Map<string, OwnCommits>;
}

/** Reads what translations need of these topics, of the mirror as it is now. Partitions whose leaders do not answer are silent. */
export async function readScope(
  { flow, source, target, clock, positionsTopic, readPositions, rounds }: GroupSyncRequest,
  needed: { readonly source: ReadonlySet<string>; readonly target: ReadonlySet<string> },
): Promise<GroupSyncScope> {
  const pairs = flow.topics.filter((one) => needed.source.has(one.source) || needed.target.has(one.target));
  const topics = new Set(pairs.map((one) => one.source));
  const positions = (await readPositions()).filter((one) => topics.has(one.record.source.topic));
  const goByKey = pairs.some((one) => one.byKey !== undefined);
  const stored = goByKey ? await readStored(target.log, positionsTopic, flow.name, clock) : null;
  const untilMs = clock.nowMs() + leadersAwaitedMs(rounds !== undefined);
  const asked = { flow: { topics: pairs }, source: source.log, target: target.log, clock, untilMs };
  const { partitions, silent } = await askMirroredPartitions({ ...asked, positions });
  const byKey = stored === null ? null : await askByKeyTopics({ ...asked, stored });
  return {
    flow: flow.name,
    targetCluster: flow.target,
    moment: 'syncing',
    uncommitted: flow.groups?.uncommitted ?? 'leave',
    topics,
    partitions,
    byKey: byKey?.topics ?? new Map(),
    silent: { partitions: silent, topics: byKey?.silent ?? new Map() },
  };
}

/** A group that this round looks at on the target. */
export interface DueGroup {
  readonly listing: GroupListing;
  /** `signatureOf` what it had committed when the round began. */
  readonly signature: string;
  readonly renew: boolean;
  /** Read before the source's ends: what was committed then is not above them. */
  readonly committed: readonly CommittedOffset[];
}

interface PlannedGroup {
  readonly listing: GroupListing;
  readonly renew: boolean;
  /** At the source; absent: to be read. */
  readonly committed?: readonly CommittedOffset[];
}

export interface PlannedGroups {
  readonly plans: readonly GroupSyncPlan[];
  /** Of groups that one of the clusters did not tell of: nothing is planned for them. */
  readonly unread: ReadonlyMap<string, ClusterFault>;
}

/**
 * Reads the target's side of these groups, and the source's where it was not read yet, and decides. It waits for none of them,
 * since what the others have committed would be old by then.
 */
export async function planGroups(
  { request: { source, target, clock }, scope, own }: GroupRound,
  due: readonly PlannedGroup[],
): Promise<PlannedGroups> {
  const unasked = due.filter((one) => one.committed === undefined).map((one) => one.listing.group);
  const atSource = await readEachGroup(source.groups, unasked, retryLimits.none);
  const commits = new Map(
    due.map((one) => [one.listing.group, one.committed ?? atSource.commits.get(one.listing.group)]),
  );
  const logs = { source: source.log, target: target.log, clock };
  const read = [...commits.values()].flatMap((all) => all ?? []);
  const partitions = await fillSpans(logs, scope.partitions, [...read, ...startsIn(scope)]);
  const names = due.map((one) => one.listing.group).filter((group) => !atSource.faults.has(group));
  const atTarget = await readEachGroup(target.groups, names, retryLimits.none);
  // Last, for members may come at any time.
  const descriptions = await target.groups.describeGroups([...atTarget.commits.keys()]);
  const plans = due.flatMap(({ listing, renew }) => {
    const { group } = listing;
    const committed = commits.get(group);
    const targetCommitted = atTarget.commits.get(group);
    if (committed === undefined || targetCommitted === undefined) return [];
    const targetDescription = descriptions.get(group);
    const both = { listing, renew, committed, targetDescription, targetCommitted, own: own.get(group) ?? new Map() };
    return [planGroupSync(both, { ...scope, partitions })];
  });
  return { plans, unread: new Map([...atSource.faults, ...atTarget.faults]) };
}

/** What is translated for partitions without a commit. */
function startsIn({ uncommitted, partitions }: GroupSyncScope): AskedOffset[] {
  if (uncommitted !== 'start') return [];
  return [...partitions.values()].map(({ source, input }) => ({ ...source, offset: input.source.start }));
}

export async function storeOwn(
  { request, producer, own }: GroupRound,
  plans: readonly Pick<GroupSyncPlan, 'group' | 'own'>[],
): Promise<void> {
  const { flow, clock } = request;
  const none: OwnCommits = new Map();
  const records = plans.flatMap(({ group, own: after }) =>
    ownCommitRecords({ flow: flow.name, group }, own.get(group) ?? none, after, clock.nowMs()),
  );
  await producer.append(records);
  for (const { group, own: after } of plans) {
    if (after.size === 0) own.delete(group);
    else own.set(group, after);
  }
}
