import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { hasBegun, type StalenessInput, staleness } from '../../../src/execution-plan/staleness.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { planned, planOf, readCase, stateOf } from './plan-case.ts';

const input = readCase(join(import.meta.dirname, '../../cases/plan/settings-altered'));
const plan = planned(input);

/** The case's target with another audit topic. */
function target(topic: object | null, parts: object = {}): ReadonlyMap<string, ClusterSnapshot> {
  const topics = topic === null ? {} : { audit: { partitions: 6, replicationFactor: 3, ...topic } };
  const json = { clusterId: 'msk-cluster-id', kafkaVersion: '4.1', brokers: 3, topics, ...parts };
  return new Map([...input.snapshots, ['msk', snapshotFromJson('msk', JSON.stringify(json))]]);
}

function stale(parts: Partial<StalenessInput>): string[] {
  const live = { snapshots: input.snapshots, state: input.state ?? emptyState, begun: false, ...parts };
  return staleness(plan, live).map((one) => `${one.address} ${one.field ?? ''}: ${one.planned}, ${one.found}`);
}

const before = { 'retention.ms': '-1', 'cleanup.policy': 'compact,delete' };

test('nothing moved', () => {
  assert.equal(stale({}), []);
  assert.equal(stale({ snapshots: target({ settings: { ...before, 'cleanup.policy': 'delete,compact' } }) }), []);
  assert.equal(stale({ snapshots: target({ settings: { ...before, 'segment.bytes': '2097152' } }) }), []);
});

test('no plan of a case is stale where nothing moved', () => {
  const folder = join(import.meta.dirname, '../../cases/plan');
  for (const name of readdirSync(folder)) {
    const found = planOf(readCase(join(folder, name)));
    if (!('plan' in found) || !found.plan.applyable) continue;
    const { snapshots, state = emptyState } = readCase(join(folder, name));
    assert.equal(staleness(found.plan, { snapshots, state, begun: false }), [], name);
  }
});

test('each field that moved is named with both values', () => {
  const moved = target({ partitions: 7, settings: { ...before, 'retention.ms': '5' } });
  assert.equal(stale({ snapshots: moved }), [
    'topic/msk/audit partitions: 6, 7',
    'topic/msk/audit retention.ms: -1, 5',
  ]);
  assert.equal(stale({ snapshots: target({ settings: { 'retention.ms': '-1' } }) }), [
    'topic/msk/audit cleanup.policy: compact,delete, default',
  ]);
});

test('a topic that is gone, another cluster, another plan file', () => {
  assert.equal(stale({ snapshots: target(null) }), ['topic/msk/audit : there, not there']);
  assert.equal(stale({ snapshots: target({ settings: before }, { clusterId: 'other' }) }), [
    'cluster/msk clusterId: msk-cluster-id, other',
  ]);
  assert.equal(stale({ planFileSha256: 'f'.repeat(64) }), ['plan-file sha256: 000000000000, ffffffffffff']);
  assert.equal(stale({ planFileSha256: '0'.repeat(64) }), []);
});

test('a plan that was begun may stand anywhere between before and after, field by field', () => {
  const halfDone = target({ settings: { ...before, 'retention.ms': '86400000' } });
  assert.equal(stale({ snapshots: halfDone, begun: true }), []);
  assert.equal(stale({ snapshots: halfDone, begun: false }), ['topic/msk/audit retention.ms: -1, 86400000']);
  const other = target({ settings: { ...before, 'retention.ms': '7' } });
  assert.equal(stale({ snapshots: other, begun: true }), ['topic/msk/audit retention.ms: -1, 7']);
});

test('a created topic counts only where this plan began', () => {
  const fresh = readCase(join(import.meta.dirname, '../../cases/plan/declared-topic'));
  const creating = planned(fresh);
  const live = { snapshots: target({ settings: { 'retention.ms': '-1' } }), state: emptyState };
  assert.equal(staleness(creating, { ...live, begun: true }), []);
  assert.is(staleness(creating, { ...live, begun: false }).length, 1);
  const foreign = { snapshots: target({ partitions: 5, settings: { 'retention.ms': '-1' } }), state: emptyState };
  assert.is(staleness(creating, { ...foreign, begun: true })[0]?.field, 'partitions');
});

test('a source that moved: other partitions, another topic, other settings that come along, none', () => {
  const mirrored = readCase(join(import.meta.dirname, '../../cases/plan/flow-redefined'));
  const at = (orders: object | null, begun = false) => {
    const topics = { ...(orders === null ? {} : { orders: { ...usual, ...orders } }), billing: usual };
    const json = { clusterId: 'dc-cluster-id', kafkaVersion: '3.9', brokers: 3, topics };
    const snapshots = new Map([...mirrored.snapshots, ['dc', snapshotFromJson('dc', JSON.stringify(json))]]);
    return { ...mirrored, snapshots, state: mirrored.state ?? emptyState, begun };
  };
  const usual = { partitions: 3, replicationFactor: 3, topicId: 'A', settings: { 'retention.ms': '5' } };
  const movedFrom = (first: object, then: object | null, begun = false) =>
    staleness(planned(at(first)), at(then, begun)).map((one) => {
      return `${one.address} ${one.field ?? ''}: ${one.planned}, ${one.found}`;
    });
  assert.equal(movedFrom({}, {}), []);
  const grown = ['topic/dc/orders partitions: 3, 6'];
  assert.equal(movedFrom({}, { partitions: 6 }), grown);
  assert.equal(movedFrom({}, { partitions: 6 }, true), grown, 'what was begun would leave partitions out');
  assert.equal(movedFrom({}, { topicId: 'B' }), ['topic/dc/orders : the topic with id A, one with id B']);
  assert.equal(movedFrom({}, { settings: { 'retention.ms': '7' } }), ['topic/dc/orders retention.ms: 5, 7']);
  assert.equal(movedFrom({}, { settings: {} }), ['topic/dc/orders retention.ms: 5, default']);
  assert.equal(movedFrom({}, null), ['topic/dc/orders : there, not there']);
});

test('a flow that somebody else redefined', () => {
  const redefined = readCase(join(import.meta.dirname, '../../cases/plan/flow-redefined'));
  const flowPlan = planned(redefined);
  const flow = flowPlan.changes.find((change) => change.kind === 'flow');
  if (flow?.kind !== 'flow' || flow.after === null) throw new Error('this case changes its flow');
  const { snapshots } = redefined;
  const at = (state: StalenessInput['state'], begun: boolean) =>
    staleness(flowPlan, { snapshots, state, begun }).map((one) => one.address);
  assert.equal(at(redefined.state ?? emptyState, false), []);
  assert.equal(at(stateOf({ [flow.address]: flow.after }), true), []);
  assert.equal(at(stateOf({ [flow.address]: flow.after }), false), [flow.address]);
  assert.equal(at(emptyState, true), [flow.address]);
});

test('begun is what the journal says of this very plan', () => {
  const entry = { v: 1, step: 's', kind: 'mirror', status: 'begun', at: '2026-11-23T08:00:00Z' } as const;
  const journal = (digest: string) => ({ ...emptyState, journal: new Map([['run/s', { ...entry, digest }]]) });
  assert.ok(hasBegun(plan, journal(plan.digest)));
  assert.not(hasBegun(plan, journal('another')));
});

test.run();
