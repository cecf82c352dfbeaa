import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { type ClusterJson, snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { discover } from '../../../src/following/discover.ts';
import { caseTime, planned, stateOf } from '../planner/plan-case.ts';

const ordersAtStart = { partitions: 2, replicationFactor: 1, settings: { 'retention.ms': '1000' } } as const;

function cluster(name: string, topics: ClusterJson['topics'] = {}): [string, ClusterSnapshot] {
  return [name, snapshotFromJson(name, JSON.stringify({ clusterId: name, kafkaVersion: '4.1', brokers: 3, topics }))];
}

function planFile(discovery: string, rest = '', partitioning = 'preserve'): string {
  const mappings = `mappings: [{ source: orders, partitioning: ${partitioning} }]`;
  return `version: 1
name: m
clusters: { dc: { bootstrap: ["dc:1"] }, msk: { bootstrap: ["msk:1"] } }
flows:
  - { name: f, source: dc, target: msk, naming: prefixed, topics: { include: ["orders*"], exclude: ["*.tmp"], discover: ${discovery} }, ${mappings} }
${rest}`;
}

/** What a round finds when the clusters have these topics, after a start with `orders` alone. */
function round(input: {
  readonly discover: 'mirror' | 'report';
  readonly rest?: string;
  readonly partitioning?: 'by-key';
  readonly source: ClusterJson['topics'];
  /** Settings that somebody gave the target topic. */
  readonly changed?: Readonly<Record<string, string>>;
}) {
  const atStart = new Map([cluster('dc', { orders: ordersAtStart }), cluster('msk')]);
  const plan = planned({ text: planFile(input.discover, input.rest, input.partitioning), snapshots: atStart });
  const [flow] = plan.migration.flows;
  const made = plan.changes.find((change) => change.kind === 'topic')?.after;
  if (flow === undefined || made === undefined || made === null) throw new Error('a flow with a topic');
  const { partitions, replicationFactor, config } = made;
  const set = Object.entries(config).filter((one): one is [string, string] => one[1] !== null);
  const settings = { ...Object.fromEntries(set), ...input.changed };
  const found = discover({
    flow,
    plan,
    snapshots: new Map([
      cluster('dc', input.source),
      cluster('msk', { 'dc.orders': { partitions, replicationFactor, settings } }),
    ]),
    state: stateOf({ 'topic/msk/dc.orders': made }),
    createdAt: caseTime,
  });
  const changes = (found.plan?.changes ?? []).filter((change) => change.kind === 'topic');
  return {
    steps: found.plan?.steps.map((step) => step.id).filter((id) => id.includes('topic/')) ?? [],
    members: found.flow.topics.map((topic) => `${topic.source} ${topic.sourcePartitions}`),
    told: found.diagnostics.map((one) => one.code),
    retentionMs: changes.map((change) => change.after?.config['retention.ms']),
  };
}

test('nothing new is nothing to do', () => {
  for (const mode of ['mirror', 'report'] as const) {
    const found = round({ discover: mode, source: { orders: ordersAtStart } });
    assert.equal([found.steps, found.members, found.told], [[], ['orders 2'], []]);
  }
});

test('a new topic that matches is made by the flow rules and mirrored, or told', () => {
  const source = {
    orders: ordersAtStart,
    'orders.eu': { partitions: 3, replicationFactor: 3 },
    'orders.tmp': ordersAtStart,
  };
  const mirrored = round({ discover: 'mirror', source });
  assert.equal(mirrored.steps, ['create-topic:topic/msk/dc.orders.eu']);
  assert.equal(mirrored.members, ['orders 2', 'orders.eu 3']);
  assert.equal(mirrored.told, ['KP4020']);
  const reported = round({ discover: 'report', source });
  assert.equal([reported.steps, reported.members, reported.told], [[], ['orders 2'], ['KP4019']]);
});

test('new partitions are added and mirrored, or told', () => {
  const source = { orders: { ...ordersAtStart, partitions: 5 } };
  const mirrored = round({ discover: 'mirror', source });
  assert.equal(mirrored.steps, ['add-partitions:topic/msk/dc.orders']);
  assert.equal([mirrored.members, mirrored.told], [['orders 5'], ['KP4020']]);
  const reported = round({ discover: 'report', source });
  assert.equal([reported.steps, reported.members, reported.told], [[], ['orders 2'], ['KP4019']]);
});

test('by key new partitions are mirrored into those that the target has: with more, keys would move', () => {
  const source = { orders: { ...ordersAtStart, partitions: 5 } };
  const found = round({ discover: 'mirror', source, partitioning: 'by-key' });
  assert.equal([found.steps, found.members, found.told], [[], ['orders 5'], ['KP4020']]);
});

test('a setting changed at the source comes along in both modes', () => {
  const source = { orders: { ...ordersAtStart, settings: { 'retention.ms': '2000' } } };
  for (const mode of ['mirror', 'report'] as const) {
    const found = round({ discover: mode, source });
    assert.equal(found.steps, ['alter-topic-settings:topic/msk/dc.orders']);
    assert.equal(found.retentionMs, ['2000']);
  }
});

test('what somebody changed at the target is drift, and left alone', () => {
  const changed = { 'retention.ms': '9999' };
  assert.equal(round({ discover: 'mirror', source: { orders: ordersAtStart }, changed }).steps, []);
});

test('a member whose topic is gone stays a member: the mirror tells the loss', () => {
  assert.equal(round({ discover: 'mirror', source: {} }).members, ['orders 2']);
});

test('a new topic that the policies forbid is told and not mirrored, others are', () => {
  const rest = 'policies: { maxPartitionsPerTopic: 4 }\n';
  const source = { orders: ordersAtStart, 'orders.big': { partitions: 5 }, 'orders.small': { partitions: 1 } };
  const found = round({ discover: 'mirror', rest, source });
  assert.equal(found.steps, ['create-topic:topic/msk/dc.orders.small']);
  assert.equal(found.members, ['orders 2', 'orders.small 1']);
  assert.ok(found.told.includes('KP2108'), found.told.join());
});

test.run();
