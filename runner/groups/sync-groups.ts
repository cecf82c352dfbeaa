import type { ClusterReader } from '../../src/cluster/ports.ts';
import type { GroupListing } from '../../src/cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { groupAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { groupsTransactionalId } from '../engines/native/options.ts';
import type { Clock, LogReader, ProducerIdentity, TransactionalLog } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import { ClusterFault, FencedError } from '../kafka/cluster-fault.ts';
import type { GroupReader } from '../ports.ts';
import { awaitVisible } from './await-visible.ts';
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

interface GroupWriter {
  producer: ProducerIdentity;
  readonly takeOver: () => Promise<ProducerIdentity>;
}

/** Groups looked at and written before the next ones are read: the time between a look at the target and the write. */
const groupsAtOnceMax = 20;
const transactionTimeoutMs = 60_000;

/**
 * Brings the committed offsets of a flow's groups to the target, as far as it is mirrored: exactly or not at all, never
 * back, and never those of a group that is active there. Groups have a transactional id of their own, since the mirror's may
 * be at work; it is taken over first, which fences a slow predecessor's group offsets (KIP-98, KIP-447). One transaction a group; what is reported
 * as written can be read. Throws a ClusterFault where a cluster fails, and its FencedError where another process has
 * taken the flow over; a group that alone is refused is `failed`.
 */
export async function syncGroups(request: GroupSyncRequest): Promise<readonly GroupSyncResult[]> {
  const { source, target, flow } = request;
  const listings = (await source.cluster.listGroups()).filter((one) => request.matches(one.group));
  if (listings.length === 0) return [];
  const transactionalId = groupsTransactionalId(request.migration, flow.name);
  const takeOver = () => target.log.initProducer(transactionalId, transactionTimeoutMs);
  const writer: GroupWriter = { producer: await takeOver(), takeOver };
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
    const plans = await planRound(request, scope, listings.slice(at, at + groupsAtOnceMax));
    for (const result of await carryOutRound(request, writer, plans)) {
      results.push(result);
      request.onGroup?.(result);
    }
  }
  return results;
}

/** Writes group by group; a result is told when its offsets can be read. */
async function carryOutRound(
  request: GroupSyncRequest,
  writer: GroupWriter,
  plans: readonly GroupSyncPlan[],
): Promise<GroupSyncResult[]> {
  const results: GroupSyncResult[] = [];
  for (const plan of plans) {
    request.signal?.throwIfAborted();
    results.push(await carryOut(request, writer, plan));
  }
  const written = results.filter((one) => one.outcome === 'written');
  const invisible = await awaitVisible(request.target.groups, written, request.clock);
  return results.map((one) => (invisible.has(one.group) ? failed(one, invisibleGroup(one, request.flow)) : one));
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
  writer: GroupWriter,
  { decision, ...plan }: GroupSyncPlan,
): Promise<GroupSyncResult> {
  if (decision !== 'write') return { ...plan, outcome: decision };
  try {
    await target.log.commitGroupOffsets(writer.producer, plan.group, plan.writes);
  } catch (error) {
    if (!(error instanceof ClusterFault) || error instanceof FencedError || error.retriable) throw error;
    await abortWhatBegan(target.log, writer);
    return failed(plan, refusedGroup(groupAddress(flow.name, plan.group), plan.group, error.diagnostic));
  }
  await end(target.log, writer, 'commit');
  return { ...plan, outcome: 'written' };
}

/** The next group gets a new epoch where the end of this transaction could come again. */
async function end(log: TransactionalLog, writer: GroupWriter, outcome: 'commit' | 'abort'): Promise<void> {
  const { mayComeAgain } = await log.endTransaction(writer.producer, outcome);
  if (mayComeAgain) writer.producer = await writer.takeOver();
}

/** A group that was refused before the coordinator knew of it began no transaction: there is nothing to end. */
async function abortWhatBegan(log: TransactionalLog, writer: GroupWriter): Promise<void> {
  try {
    await end(log, writer, 'abort');
  } catch (error) {
    if (!(error instanceof ClusterFault) || error.errorName !== 'INVALID_TXN_STATE') throw error;
  }
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
