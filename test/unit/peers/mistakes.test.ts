import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderPlanText } from '../../../src/render/plan-text.ts';
import { createRunFixture } from '../apply/run-world.ts';
import { errorsOf, type LiveTopic, planIn, planOfPlanned, planOn } from './peer-world.ts';

/** What peers were seen to do wrong, each a test that is named after it: here it does not happen. */

const orders = { partitions: 6, replicationFactor: 3, config: { 'retention.ms': '1000', 'flush.ms': '500' } };
const wanted = { name: 'orders', partitions: 6, config: { 'retention.ms': 2000, 'segment.bytes': 1_048_576 } };

function many(count: number): Record<string, LiveTopic> {
  const names = Array.from({ length: count }, (_, index) => `topic-${String(index).padStart(4, '0')}`);
  return Object.fromEntries(names.map((name) => [name, { partitions: 3, replicationFactor: 3, config: {} }]));
}

test('a saved plan was applied although the cluster had moved, and an outside change overwritten', async () => {
  const fixture = createRunFixture({ orders });
  const saved = planIn(fixture, [wanted]);
  fixture.topics.set('orders', { ...orders, config: { ...orders.config, 'retention.ms': '7777' } });
  const { outcome, events } = fixture.start(saved);
  assert.is((await fixture.clock.run(outcome)).result, 'stale');
  assert.match(JSON.stringify(events), 'topic/msk/orders retention.ms: was 1000, is 7777');
  assert.equal(fixture.topics.get('orders')?.config, { 'retention.ms': '7777', 'flush.ms': '500' });
});

test('what another team did meanwhile to other topics is no reason to refuse', async () => {
  const fixture = createRunFixture({ orders });
  const saved = planIn(fixture, [wanted]);
  fixture.topics.set('unrelated', { partitions: 1, replicationFactor: 1, config: {} });
  assert.is((await fixture.run(saved)).result, 'done');
});

test('a setting that the plan never named was erased', async () => {
  const fixture = createRunFixture({ orders });
  const plan = planIn(fixture, [wanted]);
  assert.not(JSON.stringify(plan.changes).includes('flush.ms'));
  assert.is((await fixture.run(plan)).result, 'done');
  assert.equal(fixture.topics.get('orders')?.config, {
    'flush.ms': '500',
    'retention.ms': '2000',
    'segment.bytes': '1048576',
  });
});

test('fewer partitions destroyed the topic and made it anew, without a warning', async () => {
  const fixture = createRunFixture({ orders });
  const plan = planIn(fixture, [{ ...wanted, partitions: 4 }]);
  const [refusal] = errorsOf({ plan });
  assert.is(refusal?.code, 'KP2102');
  assert.match(refusal?.fix ?? '', 'Set partitions: 6');
  assert.not(plan.applyable);
  assert.equal([plan.summary.delete, plan.summary.create], [0, 0]);
  assert.not(plan.steps.some((step) => step.kind === 'delete-topic' || step.kind === 'create-topic'));
});

test('a changed replication factor was reported as changed, and nothing happened', () => {
  const result = planOn({ orders: { ...orders, replicationFactor: 2 } }, [wanted]);
  assert.equal(
    errorsOf(result).map((one) => one.code),
    ['KP2103'],
  );
  const [change] = planOfPlanned(result).changes;
  if (change?.kind !== 'topic' || change.after?.replicas === undefined) throw new Error('no reassignment is planned');
  assert.is(change.after.replicas.length, 6, 'where each replica would go is said, partition by partition');
  assert.ok(change.after.replicas.every((replicas) => new Set(replicas).size === 3));
});

test('more replicas than there are brokers were planned, for a new topic and for one that is there', () => {
  for (const live of [{}, { orders }]) {
    const result = planOn(live, [{ ...wanted, replicationFactor: 4 }]);
    assert.ok(errorsOf(result).some((one) => one.code === 'KP2105'));
    assert.match(errorsOf(result)[0]?.summary ?? '', 'replication factor 4 is wanted, and msk has 3 brokers');
  }
});

test('bad values and unknown settings passed the plan and failed in the apply', () => {
  const mistakes = {
    'retention.ms: soon': { 'retention.ms': 'soon' },
    'cleanup.policy: archive': { 'cleanup.policy': 'archive' },
    'min.insync.replicas: 0': { 'min.insync.replicas': 0 },
    'a misspelt name': { 'retention.msec': 1000 },
    'a setting that Kafka 4.1 lacks': { 'message.format.version': '2.8' },
    'a value that Kafka 4.1 refuses': { 'segment.bytes': 1024 },
  };
  for (const [what, config] of Object.entries(mistakes)) {
    const found = errorsOf(planOn({ orders }, [{ ...wanted, config }]));
    assert.is(found.length, 1, what);
    assert.ok(found[0]?.summary.includes(Object.keys(config)[0] ?? ''), `${what}: ${found[0]?.summary}`);
  }
});

test('one topic stood in two places, and both were applied in turn', () => {
  const twice = planOn({ orders }, [wanted, { ...wanted, partitions: 9 }]);
  assert.equal(
    errorsOf(twice).map((one) => one.code),
    ['KP1107'],
  );
});

test('a topic that was in the cluster and not in the state was planned to be created', async () => {
  const fixture = createRunFixture({ orders });
  const plan = planIn(fixture, [wanted]);
  assert.equal(
    plan.changes.map((change) => [change.address, change.action]),
    [['topic/msk/orders', 'update']],
  );
  assert.is((await fixture.run(plan)).result, 'done');
  const same = planIn(fixture, [wanted]);
  assert.equal(same.changes, [], 'and where it is as wanted, nothing is planned');
});

test('killed while it was creating, the state was empty, and neither a new plan nor the saved one could go on', async () => {
  const wishes = ['a', 'b', 'c'].map((name) => ({ ...wanted, name }));
  const whole = createRunFixture({});
  await whole.run(planIn(whole, wishes));
  assert.ok(whole.effects > 10, `${whole.effects} effects`);
  for (let dieAfter = 1; dieAfter <= whole.effects; dieAfter += 1) {
    for (const goesOn of ['saved', 'new'] as const) {
      const fixture = createRunFixture({});
      const saved = planIn(fixture, wishes);
      const killed = fixture.start(saved, { dieAfter });
      await fixture.clock.run(Promise.race([killed.outcome, killed.process.death]));
      const resumed = await fixture.run(goesOn === 'saved' ? saved : planIn(fixture, wishes));
      assert.is(resumed.result, 'done', `${goesOn} plan, killed after effect ${dieAfter} of ${whole.effects}`);
      assert.equal(planIn(fixture, wishes).changes, []);
    }
  }
});

test('a file with one topic planned to delete the 1,301 others', () => {
  const { summary, changes } = planOfPlanned(planOn({ ...many(1301), orders }, [wanted]));
  assert.equal(summary, { create: 0, update: 1, delete: 0, unchanged: 0 });
  assert.equal(
    changes.map((change) => change.address),
    ['topic/msk/orders'],
  );
});

test('an update was several calls, and a bad one stopped it between them', async () => {
  const fixture = createRunFixture({ orders });
  const tooMany = { name: 'refused', partitions: 101 };
  const { outcome, events } = fixture.start(planIn(fixture, [wanted, tooMany]));
  assert.is((await fixture.clock.run(outcome)).result, 'failed');
  assert.match(JSON.stringify(events), 'too many partitions');
  assert.equal(fixture.topics.get('orders'), orders, 'what the cluster would refuse is asked before the first change');
  const alterations = planIn(fixture, [wanted]).steps.filter((step) => step.kind === 'alter-topic-settings');
  assert.is(alterations.length, 1, 'all settings of a topic go in one request');
});

test('a default of the whole cluster was taken for a setting of every topic', () => {
  const live = many(1000);
  const wishes = Object.keys(live).map((name) => ({ name }));
  const { summary, changes, drift } = planOfPlanned(
    planOn(live, wishes, { defaults: { 'min.insync.replicas': { value: '2', source: 'cluster' } } }),
  );
  assert.equal([changes, drift], [[], []]);
  assert.equal(summary, { create: 0, update: 0, delete: 0, unchanged: 1000 });
});

test('spellings, orders of lists and defaults were shown as differences', () => {
  const config = { 'cleanup.policy': 'compact,delete', preallocate: 'false', 'min.cleanable.dirty.ratio': '0.50' };
  const other = { 'cleanup.policy': 'delete, compact', preallocate: 'FALSE', 'min.cleanable.dirty.ratio': 0.5 };
  const result = planOn({ orders: { ...orders, config } }, [{ ...wanted, config: other }]);
  assert.equal(planOfPlanned(result).changes, []);
});

test('every unchanged topic was printed, and no summary', () => {
  const live = many(1000);
  const wishes = Object.keys(live).map((name, index) => ({
    name,
    config: index % 100 === 0 ? { 'retention.ms': 1000 + index } : {},
  }));
  const text = renderPlanText(planOfPlanned(planOn(live, wishes)), { color: false });
  const lines = text.trimEnd().split('\n');
  assert.ok(lines.length < 100, `${lines.length} lines`);
  assert.is(lines.filter((line) => /topic-\d+/.test(line)).length, 10, 'only those that differ are named');
  assert.ok(lines.includes('Plan: 0 to create, 10 to change, 0 to delete.'));
  const unchanged = planOn(
    live,
    wishes.map(({ name }) => ({ name })),
  );
  assert.is(
    renderPlanText(planOfPlanned(unchanged), { color: false }),
    'No changes. What lives matches the plan file (1,000 resources compared).\n',
  );
});

test('what was applied once and left the file was deleted', async () => {
  const fixture = createRunFixture({});
  await fixture.run(planIn(fixture, [wanted, { name: 'other' }]));
  const state = await fixture.state();
  const plan = planOfPlanned(planOn(Object.fromEntries(fixture.topics), [{ name: 'other' }], { state }));
  assert.equal([plan.changes, plan.steps], [[], []]);
  assert.match(JSON.stringify(plan.diagnostics), 'topic/msk/orders is no longer in the plan file and is left as it is');
});

test.run();
