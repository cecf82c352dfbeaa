import type { ClusterReader } from '../../src/cluster/ports.ts';
import type { GroupListing } from '../../src/cluster/snapshot.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { groupAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { flowTransactionalId } from '../engines/native/options.ts';
import type { Clock, LogReader, ProducerIdentity, TransactionalLog } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import { ClusterFault, FencedError } from '../kafka/cluster-fault.ts';
import type { GroupReader } from '../ports.ts';
import { type GroupSyncPlan, type GroupSyncScope, planGroupSync } from './plan-group-sync.ts';
import { readMirroredPartitions } from './read-mirrored-partitions.ts';
import { refusedGroup } from './sync-diagnostics.ts';

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
  readonly target: { readonly groups: GroupReader; readonly log: TransactionalLog };
  /** Reads the flow's positions; called once, after the fencing. */
  readonly readPositions: () => Promise<readonly StoredPosition[]>;
  readonly clock: Clock;
  /** Told after each group, in no particular order. */
  readonly onGroup?: (result: GroupSyncResult) => void;
  /** Looked at between groups; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** What became of one group; `failed` has a KP6008 among its diagnostics. */
export interface GroupSyncResult extends Omit<GroupSyncPlan, 'decision'> {
  readonly outcome: 'written' | 'nothing' | 'active' | 'unsupported' | 'failed';
}

/** Groups looked at and written before the next ones are read: the time between a look at the target and the write. */
const groupsAtOnceMax = 20;
const transactionTimeoutMs = 60_000;

/**
 * Brings the committed offsets of a flow's groups to the target, once mirroring is over: exactly or not at all, never
 * back, and never those of a group that is active there. The engine's transactional id is taken over first, which fences
 * a slow predecessor's records, positions and group offsets (KIP-98, KIP-447). One transaction a group. Throws a ClusterFault where a cluster
 * fails, and its FencedError where another process has taken the flow over; a group that alone is refused is `failed`.
 */
export async function syncGroups(request: GroupSyncRequest): Promise<readonly GroupSyncResult[]> {
  const { source, target, flow } = request;
  const listings = (await source.cluster.listGroups()).filter((one) => request.matches(one.group));
  if (listings.length === 0) return [];
  const transactionalId = flowTransactionalId(request.migration, flow.name);
  const producer = await target.log.initProducer(transactionalId, transactionTimeoutMs);
  const positions = await request.readPositions();
  const scope: GroupSyncScope = {
    flow: flow.name,
    targetCluster: flow.target,
    topics: new Set(flow.topics.map((one) => one.source)),
    partitions: await readMirroredPartitions({
      flow,
      source: source.log,
      target: target.log,
      positions,
      clock: request.clock,
    }),
  };
  const results: GroupSyncResult[] = [];
  for (let at = 0; at < listings.length; at += groupsAtOnceMax) {
    for (const plan of await planRound(request, scope, listings.slice(at, at + groupsAtOnceMax))) {
      request.signal?.throwIfAborted();
      const result = await carryOut(request, producer, plan);
      results.push(result);
      request.onGroup?.(result);
    }
  }
  return results;
}

async function planRound(
  { source, target }: GroupSyncRequest,
  scope: GroupSyncScope,
  listings: readonly GroupListing[],
): Promise<GroupSyncPlan[]> {
  const names = listings.map((one) => one.group);
  const committed = await source.groups.committedOffsets(names);
  const [descriptions, targetCommitted] = await Promise.all([
    target.groups.describeGroups(names),
    target.groups.committedOffsets(names),
  ]);
  return listings.map((listing) =>
    planGroupSync(
      {
        listing,
        committed: committed.get(listing.group) ?? [],
        targetDescription: descriptions.get(listing.group),
        targetCommitted: targetCommitted.get(listing.group) ?? [],
      },
      scope,
    ),
  );
}

async function carryOut(
  { target, flow }: GroupSyncRequest,
  producer: ProducerIdentity,
  { decision, ...plan }: GroupSyncPlan,
): Promise<GroupSyncResult> {
  if (decision !== 'write') return { ...plan, outcome: decision };
  try {
    await target.log.commitGroupOffsets(producer, plan.group, plan.writes);
  } catch (error) {
    if (!(error instanceof ClusterFault) || error instanceof FencedError || error.retriable) throw error;
    await target.log.endTransaction(producer, 'abort');
    return {
      ...plan,
      outcome: 'failed',
      moved: 0,
      diagnostics: [...plan.diagnostics, refused(flow, plan.group, error)],
    };
  }
  await target.log.endTransaction(producer, 'commit');
  return { ...plan, outcome: 'written' };
}

function refused(flow: Flow, group: string, fault: ClusterFault): Diagnostic {
  return refusedGroup(groupAddress(flow.name, group), group, fault.diagnostic);
}
