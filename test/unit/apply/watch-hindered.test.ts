import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FollowContext } from '../../../runner/follow/follow-context.ts';
import { nothingSeen, watchFlow } from '../../../runner/follow/watch.ts';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { kafkaStateLog } from '../../../runner/state/kafka-state-log.ts';
import { ensureStateTopic } from '../../../runner/state/store.ts';
import type { ClusterReader } from '../../../src/cluster/ports.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import type { Diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import { planned } from '../planner/plan-case.ts';
import { createRunFixture } from './run-world.ts';

const text = `version: 1
name: m
clusters: { dc: { bootstrap: ["dc:1"] }, msk: { bootstrap: ["msk:1"] } }
flows:
  - { name: f, source: dc, target: msk, topics: { include: ["orders*"], discover: mirror } }
`;
const watchedMs = 120_000;

function snapshot(name: string, topics: readonly string[]) {
  const described = Object.fromEntries(topics.map((topic) => [topic, { partitions: 1, replicationFactor: 1 }]));
  const json = { clusterId: 'cluster-1', kafkaVersion: '4.1', brokers: 3, topics: described };
  return [name, snapshotFromJson(name, JSON.stringify(json))] as const;
}

/** Members that a follower of `orders` has when the source has these topics, of so many partitions, besides. */
async function membersAfter(newTopics: Readonly<Record<string, number>>, readProgress?: ClusterReader['readProgress']) {
  const plan = planned({ text, snapshots: new Map([snapshot('dc', ['orders']), snapshot('msk', [])]) });
  const [flow] = plan.migration.flows;
  if (flow === undefined) throw new Error('no flow');
  const topic = (partitions: number) => ({ partitions, replicationFactor: 1, config: {} });
  const others = Object.fromEntries(Object.entries(newTopics).map(([name, count]) => [name, topic(count)]));
  const target = createRunFixture({ orders: topic(1) });
  const msk = target.cluster();
  const source = createRunFixture({ orders: topic(1), ...others }).cluster();
  const reader = readProgress === undefined ? source.reader : { ...source.reader, readProgress };
  const dc = { ...source, name: 'dc', reader };
  const { clock } = target;
  await clock.run(ensureStateTopic(msk, clock, { name: 'm' }));
  const stop = new AbortController();
  const refused = new Set<string | undefined>();
  let runs = 0;
  const context = {
    plan,
    world: {
      clock,
      clusters: new Map([
        ['msk', msk],
        ['dc', dc],
      ]),
    },
    stateLog: kafkaStateLog(msk.log, clock, 'm'),
    leasing: { holder: { id: 'a', who: 'a', command: 'kplan apply' }, leaseSeconds: 15 },
    signal: stop.signal,
    emit: () => {},
    tell({ code, address }: Diagnostic) {
      if (code === 'KP4008') refused.add(address);
    },
    nextRun() {
      runs += 1;
      return `run-${runs}`;
    },
    pace: {
      watchIntervalMs: 10_000,
      transactionsIntervalMs: 30_000,
      groupsIntervalMs: 10_000,
      outagePauseMs: 1,
      retentionAskedAgainMs: 1,
    },
  } as unknown as FollowContext;
  clock.at(clock.nowMs() + watchedMs, () => stop.abort());
  const found = await clock.run(watchFlow(flow, nothingSeen(), context, stop.signal));
  return {
    members: found?.topics.map((one) => one.source) ?? [],
    atTarget: [...target.topics.keys()].filter((one) => one.startsWith('orders')),
    refused: [...refused],
  };
}

test('a new topic becomes a member', async () => {
  assert.equal(await membersAfter({ 'orders.new': 1 }), {
    members: ['orders', 'orders.new'],
    atTarget: ['orders', 'orders.new'],
    refused: [],
  });
});

test('a new topic becomes a member beside one that the target refuses, which is told', async () => {
  assert.equal(await membersAfter({ 'orders.new': 1, 'orders.refused': 101 }), {
    members: ['orders', 'orders.new'],
    atTarget: ['orders', 'orders.new'],
    refused: ['topic/msk/orders.refused'],
  });
});

test('a new topic becomes a member while nobody can tell of transactions', async () => {
  const found = await membersAfter({ 'orders.new': 1 }, async () => {
    throw brokerFault({ cluster: 'dc', request: 'ListOffsets' }, { errorName: 'LEADER_NOT_AVAILABLE' });
  });
  assert.equal(found.members, ['orders', 'orders.new']);
});

test.run();
