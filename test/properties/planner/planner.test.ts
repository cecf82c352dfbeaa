import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { adoptions } from '../../../src/execution-plan/adopt.ts';
import { staleness } from '../../../src/execution-plan/staleness.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { planned } from '../../unit/planner/plan-case.ts';
import { afterApply, type World } from '../../unit/planner/simulated-apply.ts';

const runs = { numRuns: 120, seed: Number(process.env.KPLAN_TEST_SEED ?? 1) };

const settings = fc
  .dictionary(
    fc.constantFrom('retention.ms', 'cleanup.policy', 'message.timestamp.type', 'max.message.bytes', 'segment.ms'),
    fc.nat(2),
    { maxKeys: 4 },
  )
  .map(valuesOf);

/** Three possible values a setting, so that both sides often agree, sometimes in another spelling. */
function valuesOf(chosen: Record<string, number>): Record<string, string> {
  const values: Readonly<Record<string, readonly string[]>> = {
    'cleanup.policy': ['compact,delete', 'delete, compact', 'compact'],
    'message.timestamp.type': ['CreateTime', 'LogAppendTime', 'CreateTime'],
  };
  const numbers = ['1048588', '+1048588', '9223372036'];
  return Object.fromEntries(
    Object.entries(chosen).map(([name, at]) => {
      const value = (values[name] ?? numbers)[at] ?? '';
      return [name, name === 'max.message.bytes' ? value.slice(0, 8) : value];
    }),
  );
}

const topics = fc.dictionary(
  fc.constantFrom('orders', 'orders.eu', 'billing', 'audit'),
  fc.record({ partitions: fc.integer({ min: 1, max: 4 }), replicationFactor: fc.constant(2), settings }),
);

const clusters = fc
  .record({ source: topics, target: topics, sourceVersion: version(), targetVersion: version(), inherited: settings })
  .map(({ source, target, sourceVersion, targetVersion, inherited }) => {
    const cluster = (name: string, parts: object): [string, ClusterSnapshot] => [
      name,
      snapshotFromJson(name, JSON.stringify({ clusterId: name, brokers: 3, ...parts })),
    ];
    return new Map([
      cluster('dc', { kafkaVersion: sourceVersion, topics: source, newTopicSettings: inherited }),
      cluster('msk', { kafkaVersion: targetVersion, topics: target }),
    ]);
  });

function version() {
  return fc.constantFrom('3.9', '4.1');
}

/** JSON is YAML. */
const planFiles = fc
  .record({
    inherit: fc.constantFrom('effective', 'overrides', 'none', ['retention.ms', 'segment.ms']),
    set: settings,
    atLeast: fc.integer({ min: 1, max: 6 }),
    naming: fc.constantFrom('same', 'prefixed', { suffix: '.dc' }),
    declared: settings,
  })
  .map(({ inherit, set, atLeast, naming, declared }) =>
    JSON.stringify({
      version: 1,
      name: 'test',
      clusters: { dc: { bootstrap: ['dc:9092'] }, msk: { bootstrap: ['msk:9092'] } },
      defaults: { partitions: { atLeast }, replicationFactor: 2, config: { inherit, set } },
      flows: [{ name: 'f', source: 'dc', target: 'msk', naming, topics: { include: ['orders*', 'bill*'] } }],
      topics: { msk: [{ name: 'audit', partitions: 4, replicationFactor: 2, config: declared }] },
    }),
  );

function applied(text: string, world: World): World {
  const plan = planned({ text, ...world });
  const errors = plan.diagnostics.filter((one) => one.severity === 'error');
  // Values that a version refuses are the one error these worlds can hold.
  fc.pre(errors.every((one) => one.code !== 'KP2116') && errors.length === 0);
  return afterApply(plan, world);
}

test('after an apply nothing is left to do', () => {
  fc.assert(
    fc.property(clusters, planFiles, (snapshots, text) => {
      const world = applied(text, { snapshots, state: emptyState });
      const again = planned({ text, ...world });
      assert.equal(again.changes, []);
      assert.equal(again.drift, []);
      assert.equal(again.summary.unchanged > 0, true);
    }),
    runs,
  );
});

test('another plan file after it, applied, leaves nothing either', () => {
  fc.assert(
    fc.property(clusters, planFiles, planFiles, (snapshots, first, second) => {
      const world = applied(second, applied(first, { snapshots, state: emptyState }));
      const again = planned({ text: second, ...world });
      assert.equal([again.changes, again.drift], [[], []]);
      assert.equal(adoptions(again, world), [], 'nothing is stored twice');
    }),
    runs,
  );
});

test('whatever was as wanted before is owned after an apply: its drift is found, and taken back', () => {
  fc.assert(
    fc.property(clusters, planFiles, fc.nat(), (snapshots, text, at) => {
      const world = applied(text, { snapshots, state: emptyState });
      const target = world.snapshots.get('msk');
      assert.ok(target);
      const wanted = planned({ text, snapshots: world.snapshots, state: emptyState }).summary.unchanged;
      const owned = [...world.state.applied].filter(([address]) => address.startsWith('topic/msk/'));
      assert.is(owned.length, wanted, 'every topic that is as wanted is stored');
      const [address, record] = owned[at % owned.length] ?? [];
      assert.ok(address && record && 'partitions' in record.state);
      const name = address.slice('topic/msk/'.length);
      const [setting] = Object.keys(record.state.config);
      fc.pre(setting !== undefined);
      const topic = target.topics.get(name);
      assert.ok(topic);
      const settings = new Map(topic.settings).set(setting, { value: 'by hand', source: 'topic' });
      const changed = { ...target, topics: new Map(target.topics).set(name, { ...topic, settings }) };
      const drifted = planned({ text, ...world, snapshots: new Map([...world.snapshots, ['msk', changed]]) });
      assert.equal(
        drifted.drift.map((one) => one.address),
        [address],
      );
      assert.ok(drifted.changes.some((one) => one.address === address));
    }),
    runs,
  );
});

test('a plan is not stale before its apply, and after it only without its journal', () => {
  fc.assert(
    fc.property(clusters, planFiles, (snapshots, text) => {
      const before = { snapshots, state: emptyState };
      const plan = planned({ text, ...before });
      fc.pre(plan.applyable);
      assert.equal(staleness(plan, { ...before, begun: false }), []);
      const after = afterApply(plan, before);
      assert.equal(staleness(plan, { ...after, begun: true }), []);
      assert.equal(staleness(plan, { ...after, begun: false }).length > 0, plan.changes.length > 0);
    }),
    runs,
  );
});

test('what nobody gave to kplan stays as it is', () => {
  fc.assert(
    fc.property(clusters, planFiles, (snapshots, text) => {
      const world = applied(text, { snapshots, state: emptyState });
      for (const [name, topic] of snapshots.get('msk')?.topics ?? []) {
        const own = [...(topic.settings ?? [])].filter(([, setting]) => setting.source === 'topic');
        for (const [setting] of own) {
          const now = world.snapshots.get('msk')?.topics.get(name)?.settings?.get(setting);
          assert.is(now?.source, 'topic', `${name} ${setting}`);
        }
      }
    }),
    runs,
  );
});

test.run();
