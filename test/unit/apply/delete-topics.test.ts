import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stepHandlers } from '../../../runner/steps/step-handlers.ts';
import type { ChangeOf } from '../../../src/execution-plan/execution-plan.ts';
import { unreachable } from '../state/fake-state-log.ts';
import { planOf } from './plan-of.ts';
import { createRunFixture } from './run-world.ts';

const legacy = { partitions: 2, replicationFactor: 3, config: { 'retention.ms': '1' } };
const made: ChangeOf<'topic'> = {
  address: 'topic/msk/audit',
  kind: 'topic',
  action: 'create',
  before: null,
  after: { partitions: 1, replicationFactor: 3, config: {} },
  reason: 'wanted',
};
const deleted: ChangeOf<'topic'> = {
  address: 'topic/msk/legacy',
  kind: 'topic',
  action: 'delete',
  before: legacy,
  after: null,
  reason: 'wanted away',
};

const plan = planOf([deleted, made]);

test('killed after any of its effects and resumed, the topic is gone and what was applied to it forgotten', async () => {
  const whole = createRunFixture({});
  await whole.run(planOf([{ ...deleted, action: 'create', before: null, after: legacy }]));
  assert.ok((await whole.state()).applied.has('topic/msk/legacy'));
  const before = whole.effects;
  assert.is((await whole.run(plan)).result, 'done');
  const effects = whole.effects - before;
  assert.ok(effects > 10, `${effects} effects`);
  for (let dieAfter = 1; dieAfter <= effects; dieAfter += 1) {
    const fixture = createRunFixture({});
    await fixture.run(planOf([{ ...deleted, action: 'create', before: null, after: legacy }]));
    const killed = fixture.start(plan, { dieAfter: fixture.effects + dieAfter });
    await fixture.clock.run(Promise.race([killed.outcome, killed.process.death]));
    const resumed = await fixture.run(plan);
    assert.is(resumed.result, 'done', `killed after effect ${dieAfter} of ${effects}`);
    assert.is(fixture.topics.has('legacy'), false);
    assert.equal([...(await fixture.state()).applied.keys()], ['topic/msk/audit']);
  }
});

test('nothing is deleted where a step before it failed', async () => {
  const fixture = createRunFixture({ legacy });
  const failing = { ...stepHandlers['create-topic'], apply: async () => Promise.reject(unreachable()) };
  const { outcome } = fixture.start(plan, { handlers: { ...stepHandlers, 'create-topic': failing } });
  assert.is((await fixture.clock.run(outcome)).result, 'failed');
  assert.ok(fixture.topics.has('legacy'));
});

test('--only data wants nothing deleted first, and deletes nothing', async () => {
  const fixture = createRunFixture({ legacy });
  assert.is((await fixture.run(planOf([deleted]), { only: 'data' })).result, 'done');
  assert.ok(fixture.topics.has('legacy'));
});

test('a topic that is made again by its clients fails the step, and the advice says how', async () => {
  const fixture = createRunFixture({ legacy });
  const { 'delete-topic': real } = stepHandlers;
  const remade: typeof real = {
    ...real,
    async apply(work, context) {
      const outcomes = await real.apply(work, context);
      fixture.topics.set('legacy', legacy);
      return outcomes;
    },
  };
  const { outcome, events } = fixture.start(plan, { handlers: { ...stepHandlers, 'delete-topic': remade } });
  assert.is((await fixture.clock.run(outcome)).result, 'failed');
  assert.match(JSON.stringify(events), /KP4009.+auto\.create\.topics\.enable/);
});

test.run();
