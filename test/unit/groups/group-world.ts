import type { GroupOffset, TransactionalLog } from '../../../runner/engines/native/ports.ts';
import type { GroupSyncRequest } from '../../../runner/groups/group-round.ts';
import { groupMemory } from '../../../runner/groups/rounds.ts';
import { syncGroups } from '../../../runner/groups/sync-groups.ts';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import type { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import type { CommittedOffset, GroupDescription, GroupReader } from '../../../runner/ports.ts';
import type { Flow, GroupSelection } from '../../../src/migration/migration.ts';
import { positionRecordVersion } from '../../../src/state/records.ts';
import { createSimulatedCluster } from '../../simulation/simulated-cluster.ts';
import { countingClock } from '../verify/partition-log.ts';

export const partition = { topic: 'orders', partition: 0 };
/** Mirrored like `partition`. */
export const others = [0, 1].map((partition) => ({ topic: 'mail', partition }));
const mirrored = [partition, ...others];
const positionsTopic = '__kplan.m.positions';
/** Of the groups' producer: the coordinator aborts what is open for longer, and fences it. */
const transactionTimeoutMs = 60_000;
const segments = [{ source: 0n, target: 100n, length: 50n }];

/** Groups on two clusters in memory; records 0 to 49 of each partition are mirrored to 100 to 149. */
export interface GroupWorld {
  readonly request: GroupSyncRequest;
  /** By group; one that is not there is gone. */
  readonly source: Map<string, CommittedOffset[]>;
  readonly target: Map<string, CommittedOffset[]>;
  /** Of the target, where they are not those of a group that only has commits. */
  readonly descriptions: Map<string, GroupDescription>;
  /** Requests to the target for groups and transactions, by their names. */
  readonly asked: string[];
  /** How long a TxnOffsetCommit of these groups takes, in ms. */
  readonly slow: Map<string, number>;
  /** Groups whose TxnOffsetCommit is given up on: their coordinator does not answer. */
  readonly silent: Set<string>;
  /** Kafka's name of the error that a group answers when its commits are read. */
  readonly unread: { readonly source: Map<string, string>; readonly target: Map<string, string> };
  /** Partitions without a leader, `topic:partition`. */
  readonly leaderless: { readonly source: Set<string>; readonly target: Set<string> };
  /** Groups whose commits the target refuses. */
  readonly denied: Set<string>;
  readonly deleted: string[];
  /** Why OffsetDelete is refused. */
  refusesDeletion: string | null;
  /** The process ends before, or after, the next end of a transaction on the target. */
  killedAt: 'before EndTxn' | 'after EndTxn' | null;
  /** The source does not show its topic, as one that the user may not see any more. */
  topicIsHidden: boolean;
  commitAtSource(group: string, offset: bigint, metadata?: string): void;
  /** Another process: it knows what is stored, and nothing else. */
  restart(): void;
  passMs(durationMs: number): void;
}

export function createGroupWorld(uncommitted: GroupSelection['uncommitted'] = 'leave'): GroupWorld {
  let passedMs = 0;
  const clock = countingClock();
  const nowMs = () => clock.nowMs() + passedMs;
  const simulated = createSimulatedCluster('new', nowMs, 100n);
  simulated.createTopic(positionsTopic, 1);
  const memory = groupMemory();
  const pending = new Map<string, readonly GroupOffset[]>();
  let begunAtMs: number | null = null;
  const asked: string[] = [];

  const describeTopics = (topics: readonly string[], hidden: boolean) => {
    const found = new Map(simulated.log.describeTopics(topics));
    if (topics.includes('orders') && !hidden) found.set('orders', { topic: 'orders', leaders: [0] });
    if (topics.includes('mail')) found.set('mail', { topic: 'mail', leaders: others.map(() => 0) });
    return found;
  };
  const leaderless = { source: new Set<string>(), target: new Set<string>() };
  const offsetsOf =
    (side: keyof typeof leaderless): TransactionalLog['offsets'] =>
    async (partitions, spec) =>
      partitions.every((one) => one.topic === positionsTopic)
        ? simulated.log.offsets(partitions, spec)
        : partitions.map((one) => {
            const error = leaderless[side].has(keyOf(one)) ? 'LEADER_NOT_AVAILABLE' : null;
            return { ...one, error, offset: spec === 'earliest' ? 0n : 150n };
          });
  const log: TransactionalLog = {
    cluster: 'new',
    offsets: offsetsOf('target'),
    describeTopics: async (topics) => describeTopics(topics, false),
    fetch: async (...args) => simulated.log.fetch(...args),
    openFetches: (broker) => async (request) => simulated.log.fetch(broker, request),
    addPartitions: async (...args) => simulated.log.addPartitions(...args),
    produce: async (...args) => simulated.log.produce(...args),
    async initProducer(...args) {
      asked.push('InitProducerId');
      pending.clear();
      begunAtMs = null;
      return simulated.log.initProducer(...args);
    },
    async commitGroupOffsets(_producer, group, writes) {
      asked.push('TxnOffsetCommit');
      if (world.denied.has(group)) throw fault('TxnOffsetCommit', 'GROUP_AUTHORIZATION_FAILED', group);
      begunAtMs ??= nowMs();
      passedMs += world.slow.get(group) ?? 0;
      if (world.silent.has(group)) throw fault('TxnOffsetCommit', 'COORDINATOR_NOT_AVAILABLE', group);
      pending.set(group, writes);
    },
    async endTransaction(_producer, outcome) {
      asked.push('EndTxn');
      if (begunAtMs === null) throw fault('EndTxn', 'INVALID_TXN_STATE', 'id');
      if (nowMs() - begunAtMs >= transactionTimeoutMs) throw fault('EndTxn', 'PRODUCER_FENCED', 'id');
      if (world.killedAt === 'before EndTxn') throw new Error('killed');
      begunAtMs = null;
      for (const [group, writes] of outcome === 'commit' ? pending : []) commitOn(world.target, group, writes);
      pending.clear();
      if (world.killedAt === 'after EndTxn') throw new Error('killed');
      return { mayComeAgain: false };
    },
  };
  const unread = { source: new Map<string, string>(), target: new Map<string, string>() };
  const sourceGroups = readerOf(
    () => world.source,
    () => new Map(),
    unread.source,
    [],
  );
  const world: GroupWorld = {
    source: new Map(),
    target: new Map(),
    descriptions: new Map(),
    denied: new Set(),
    unread,
    leaderless,
    silent: new Set(),
    slow: new Map(),
    ...{ asked, deleted: [], refusesDeletion: null, killedAt: null, topicIsHidden: false },
    request: {
      migration: 'm',
      flow: {
        name: 'f',
        target: 'new',
        topics: ['orders', 'mail'].map((topic) => ({ source: topic, target: topic })),
        groups: { include: ['*'], exclude: [], sync: 'continuous', uncommitted },
      } as unknown as Flow,
      matches: () => true,
      source: {
        cluster: {
          listGroups: async () => [...world.source.keys()].map((group) => ({ group, type: 'classic', state: 'Empty' })),
        },
        groups: sourceGroups,
        log: {
          ...log,
          offsets: offsetsOf('source'),
          describeTopics: async (topics) => describeTopics(topics, world.topicIsHidden),
        },
      },
      target: {
        groups: readerOf(
          () => world.target,
          () => world.descriptions,
          unread.target,
          asked,
        ),
        groupWriter: {
          async deleteOffsets(group, partitions) {
            asked.push('OffsetDelete');
            if (world.refusesDeletion !== null) throw fault('OffsetDelete', world.refusesDeletion, group);
            const keys = new Set(partitions.map(keyOf));
            world.target.set(
              group,
              (world.target.get(group) ?? []).filter((one) => !keys.has(keyOf(one))),
            );
            world.deleted.push(...[...keys].map((key) => `${group} ${key}`));
          },
        },
        log,
      },
      positionsTopic,
      readPositions: async () =>
        mirrored.map((at) => ({
          record: {
            ...{ v: positionRecordVersion, flow: 'f', source: at, target: at, segments },
            ...{ nextSource: 50n, nextTarget: 150n, startSource: 0n },
          },
          segments: () => segments,
          spans: () => [],
          sealed: () => [],
        })),
      clock: { nowMs, sleep: (durationMs) => clock.sleep(durationMs) },
      rounds: { memory, renewAfterMs: 600_000 },
    },
    commitAtSource(group, offset, metadata = '') {
      world.source.set(group, [{ ...partition, offset, metadata }]);
    },
    restart() {
      memory.own = null;
      memory.groups.clear();
    },
    passMs(durationMs) {
      passedMs += durationMs;
    },
  };
  return world;
}

function readerOf(
  groups: () => ReadonlyMap<string, readonly CommittedOffset[]>,
  descriptions: () => ReadonlyMap<string, GroupDescription>,
  unread: ReadonlyMap<string, string>,
  asked: string[],
): GroupReader {
  return {
    async describeGroups(names) {
      asked.push('DescribeGroups');
      const simple = { type: 'classic', state: 'Empty', members: [], hadMembers: false };
      return new Map(names.map((group) => [group, descriptions().get(group) ?? { group, ...simple }]));
    },
    committedOffsets: () => Promise.reject(new Error('one group that can not be read would keep all others')),
    async committedOfEach(names) {
      asked.push('OffsetFetch');
      return new Map(
        names.map((group) => {
          const error = unread.get(group);
          return [group, error === undefined ? (groups().get(group) ?? []) : fault('OffsetFetch', error, group)];
        }),
      );
    },
    offsetsRetentionMs: async () => null,
  };
}

function commitOn(side: Map<string, CommittedOffset[]>, group: string, writes: readonly GroupOffset[]): void {
  const keys = new Set(writes.map(keyOf));
  const others = (side.get(group) ?? []).filter((one) => !keys.has(keyOf(one)));
  side.set(group, [...others, ...writes]);
}

function keyOf(at: { readonly topic: string; readonly partition: number }): string {
  return `${at.topic}:${at.partition}`;
}

function fault(request: string, errorName: string, resource: string): ClusterFault {
  return brokerFault({ cluster: 'new', request }, { errorName, resource });
}

/** Codes of what a round tells. */
export async function codesOf(world: GroupWorld): Promise<string[]> {
  return (await syncGroups(world.request)).flatMap((one) => one.diagnostics.map(({ code }) => code));
}

export function targetOffsets(world: GroupWorld, group: string): string[] {
  return (world.target.get(group) ?? []).map((one) => `${one.topic}:${one.partition} ${one.offset} "${one.metadata}"`);
}

/** The world's request, in which something happens before commits of one side are read for the `count`th time. */
export function withReads(
  { request }: GroupWorld,
  side: 'source' | 'target',
  before: (count: number) => void,
): GroupSyncRequest {
  const { groups } = request[side];
  let count = 0;
  const committedOfEach: typeof groups.committedOfEach = async (...asked) => {
    count += 1;
    before(count);
    return groups.committedOfEach(...asked);
  };
  return { ...request, [side]: { ...request[side], groups: { ...groups, committedOfEach } } };
}
