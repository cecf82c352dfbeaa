import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stepHandlers } from '../../../runner/steps/step-handlers.ts';
import { createExecutionPlan } from '../../../src/execution-plan/create-execution-plan.ts';
import type { Change, ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import type { FlowDefinition, Migration } from '../../../src/migration/migration.ts';
import type { StateSnapshot } from '../../../src/state/records.ts';
import { unreachable } from '../state/fake-state-log.ts';
import { flowDefinition, planOf } from './plan-of.ts';
import { createRunFixture, type RunFixture } from './run-world.ts';

const definition: FlowDefinition = { ...flowDefinition, topicPatterns: { include: ['new-1'], exclude: [] } };

const live = {
  old: { partitions: 1, replicationFactor: 3, config: { 'retention.ms': '1', 'cleanup.policy': 'delete' } },
};

const changes: readonly Change[] = [
  {
    address: 'topic/msk/new-1',
    kind: 'topic',
    action: 'create',
    before: null,
    after: { partitions: 3, replicationFactor: 3, config: { 'retention.ms': '9223372036854775807' } },
    reason: 'wanted',
  },
  {
    address: 'topic/msk/old',
    kind: 'topic',
    action: 'update',
    before: { partitions: 1, replicationFactor: 3, config: { 'retention.ms': '1', 'segment.bytes': null } },
    after: { partitions: 4, replicationFactor: 3, config: { 'retention.ms': null, 'segment.bytes': '1048576' } },
    reason: 'wanted',
  },
  { address: 'flow/f', kind: 'flow', action: 'create', before: null, after: definition, reason: 'wanted' },
];

function wanted(all: readonly Change[] = changes): ExecutionPlan {
  const config = { inherit: 'none', exclude: [], set: {} } as const;
  const topic = { source: 'old', target: 'new-1', sourcePartitions: 1, partitions: 3, replicationFactor: 3, config };
  return planOf(all, [{ ...definition, topics: [topic] }]);
}

/** What must be the same however often a run was killed: topics, applied values, flows, and no step left open. */
function outcomeOf(fixture: RunFixture, state: StateSnapshot) {
  const statuses = new Map([...state.journal.values()].map((one) => [one.step, one.status]));
  return {
    topics: [...fixture.topics].sort(),
    applied: [...state.applied].map(([address, one]) => [address, one.digest, one.state]).sort(),
    flows: [...state.flows],
    statuses: [...statuses].sort(),
    leases: [...state.leases.keys()],
  };
}

test('source partitions that the plan did not see are mirrored as far as the target has them, and the rest is told', async () => {
  const fixture = createRunFixture(live);
  const { outcome, events } = fixture.start(wanted(), { handlers: stepHandlers });
  const { result, steps } = await fixture.clock.run(outcome);
  assert.equal([result, steps], ['stale', { done: 5, alreadyDone: 0, failed: 0, left: 0 }]);
  const told = events.flatMap((one) => (one.event === 'diagnostic' ? [one.diagnostic] : []));
  assert.equal(
    told.map(({ code, summary }) => `${code} ${summary}`),
    ['KP4019 Flow f mirrors only a part of topics that have more partitions on msk by now: old (3 of 4 partitions).'],
  );
});

test('an apply makes every change, and the same saved plan again finds them done', async () => {
  const fixture = createRunFixture(live);
  const first = await fixture.run(wanted());
  assert.equal([first.result, first.steps], ['done', { done: 5, alreadyDone: 0, failed: 0, left: 0 }]);
  assert.equal(fixture.topics.get('old'), {
    partitions: 4,
    replicationFactor: 3,
    config: { 'cleanup.policy': 'delete', 'segment.bytes': '1048576' },
  });
  assert.is(fixture.topics.get('__kplan.test.state')?.config['min.insync.replicas'], '2');
  const state = await fixture.state();
  assert.equal(state.flows.get('f')?.definition, definition);
  assert.is(state.leases.size, 0, 'the lease was given back');
  const again = await fixture.run(wanted());
  assert.equal([again.result, again.steps], ['done', { done: 1, alreadyDone: 4, failed: 0, left: 0 }]);
  assert.is(fixture.mirrored.get('f'), 2, 'mirroring goes on in every apply');
});

test('killed after any of its effects and resumed, it equals an apply that was not killed', async () => {
  const whole = createRunFixture(live);
  await whole.run(wanted());
  const expected = outcomeOf(whole, await whole.state());
  const { effects } = whole;
  assert.ok(effects > 30, `${effects} effects`);
  for (let dieAfter = 1; dieAfter <= effects; dieAfter += 1) {
    const fixture = createRunFixture(live);
    const killed = fixture.start(wanted(), { dieAfter });
    await fixture.clock.run(Promise.race([killed.outcome, killed.process.death]));
    const diedAtMs = fixture.clock.nowMs();
    const resumed = fixture.start(wanted());
    const summary = await fixture.clock.run(resumed.outcome);
    const told = `killed after effect ${dieAfter} of ${effects}: ${JSON.stringify(resumed.events.at(-2))}`;
    assert.is(summary.result, 'done', told);
    const firstStep = fixture.clock.nowMs() - diedAtMs;
    assert.ok(firstStep < 25_000, `${told}: it took ${firstStep} ms`);
    assert.equal(outcomeOf(fixture, await fixture.state()), expected, told);
  }
});

/** Topics that are as the plan wants them, and one that is not. */
function declaring(count: number): ExecutionPlan {
  const names = Array.from({ length: count }, (_, index) => `same-${index}`);
  const declared = [...names, 'old'].map((name) => {
    return { cluster: 'msk', name, partitions: 1, replicationFactor: 3, config: { 'retention.ms': '7' } };
  });
  const { migration, ...rest } = wanted([]);
  return createExecutionPlan({ ...rest, changes: [], migration: { ...migration, flows: [], topics: declared } });
}

const same = { partitions: 1, replicationFactor: 3, config: { 'retention.ms': '7', 'flush.ms': '1' } };

function manySame(count: number) {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`same-${index}`, same]));
}

test('what is as wanted already is stored by an apply without steps, once', async () => {
  const fixture = createRunFixture({ ...live, ...manySame(5) });
  const { outcome, events } = fixture.start(declaring(5));
  assert.is((await fixture.clock.run(outcome)).result, 'done');
  assert.match(JSON.stringify(events), /KP4018.*5 resources were as wanted already/);
  const { applied, journal } = await fixture.state();
  const wanted = { partitions: 1, replicationFactor: 3, config: { 'retention.ms': '7' } };
  assert.equal(
    [...applied.values()].map((one) => one.state),
    Array(5).fill(wanted),
    'the topic `old` is not as wanted',
  );
  assert.is(journal.size, 0, 'no step was begun');
  const { effects } = fixture;
  assert.is((await fixture.run(declaring(5))).result, 'done');
  assert.is(fixture.effects, effects, 'nothing to store: nothing is written, and no lease is taken');
  fixture.topics.set('same-1', { ...same, partitions: 2 });
  fixture.topics.delete('same-2');
  assert.is((await fixture.run(declaring(5))).result, 'done');
  const left = await fixture.state();
  assert.is(left.applied.size, 5, 'what moved away from what is wanted stays stored as it was applied');
});

test('ten thousand that are as wanted are stored in few transactions, and a kill between them loses none', async () => {
  const count = 10_000;
  const whole = createRunFixture(manySame(count));
  await whole.run(declaring(count));
  assert.is((await whole.state()).applied.size, count);
  assert.ok(whole.effects < 40, `${whole.effects} requests`);
  const fixture = createRunFixture(manySame(count));
  const killed = fixture.start(declaring(count), { dieAfter: Math.round(whole.effects / 2) });
  await fixture.clock.run(Promise.race([killed.outcome, killed.process.death]));
  const stored = (await fixture.state()).applied.size;
  assert.ok(stored > 0 && stored < count, `${stored} were stored`);
  assert.is((await fixture.run(declaring(count))).result, 'done');
  assert.is((await fixture.state()).applied.size, count);
});

test('a stale plan stores nothing, a failed one what it has seen', async () => {
  const stale = createRunFixture({ ...manySame(2), old: { ...live.old, partitions: 2 } });
  const plan = createExecutionPlan({ ...wanted(), migration: { ...wanted().migration, ...pick(declaring(2)) } });
  assert.is((await stale.run(plan)).result, 'stale');
  assert.is((await stale.state()).applied.size, 0);
  const failing = createRunFixture({ ...live, ...manySame(2) });
  const refused = { ...stepHandlers['create-topic'], apply: async () => Promise.reject(unreachable()) };
  const summary = await failing.run(plan, { handlers: { ...stepHandlers, 'create-topic': refused } });
  assert.is(summary.result, 'failed');
  assert.equal([...(await failing.state()).applied.keys()], ['topic/msk/same-0', 'topic/msk/same-1']);
});

function pick({ migration: { topics } }: ExecutionPlan): Pick<Migration, 'topics'> {
  return { topics };
}

test('a topic that moved since the plan makes it stale, and nothing is touched', async () => {
  const fixture = createRunFixture({ old: { ...live.old, partitions: 2 } });
  const { outcome, events } = fixture.start(wanted());
  assert.is((await fixture.clock.run(outcome)).result, 'stale');
  const told = events.find((one) => one.event === 'diagnostic');
  assert.match(JSON.stringify(told), /topic\/msk\/old partitions: was 1, is 2/);
  assert.is(fixture.topics.has('new-1'), false);
  assert.is(fixture.effects, 0, 'no lease was taken, no topic made for the state');
});

test('what the cluster would refuse is found before anything is made', async () => {
  const [, update, flow] = changes;
  const [create] = changes;
  assert.ok(create?.kind === 'topic' && create.after && update && flow);
  const tooMany = { ...create, after: { ...create.after, partitions: 101 } };
  const fixture = createRunFixture(live);
  const { outcome, events } = fixture.start(wanted([update, flow, tooMany]));
  const summary = await fixture.clock.run(outcome);
  assert.is(summary.result, 'failed');
  assert.match(JSON.stringify(events), /POLICY_VIOLATION/);
  assert.is(fixture.topics.get('old')?.partitions, 1);
});

test('an interrupt finishes the step at hand; the time limit too; each says so', async () => {
  const interrupt = new AbortController();
  const fixture = createRunFixture(live);
  const run = fixture.start(wanted(), {
    signal: interrupt.signal,
    emit: (event) => event.event === 'step_start' && interrupt.abort(),
  });
  const summary = await fixture.clock.run(run.outcome);
  assert.is(summary.result, 'interrupted');
  assert.equal(summary.steps, { done: 1, alreadyDone: 0, failed: 0, left: 4 });
  assert.is((await fixture.run(wanted(), { maxDurationSeconds: 0.001 })).result, 'time-limit');
  assert.is((await fixture.run(wanted())).result, 'done');
});

test('a cluster that fails ends the run; what was done before is counted, and nothing is done after it', async () => {
  const fixture = createRunFixture(live);
  const failing = { ...stepHandlers['define-flow'], apply: async () => Promise.reject(unreachable()) };
  const { outcome, events } = fixture.start(wanted(), { handlers: { ...stepHandlers, 'define-flow': failing } });
  const summary = await fixture.clock.run(outcome);
  assert.equal([summary.result, summary.steps], ['failed', { done: 3, alreadyDone: 0, failed: 1, left: 1 }]);
  assert.is(events.filter((one) => one.event === 'step_failed').length, 1);
  assert.is((await fixture.run(wanted())).result, 'done');
});

test('a lease that is lost ends the run before its next request', async () => {
  const fixture = createRunFixture(live);
  const stolen = {
    ...stepHandlers['create-topic'],
    async apply(...[work, context]: Parameters<(typeof stepHandlers)['create-topic']['apply']>) {
      await fixture.loseLease();
      return stepHandlers['create-topic'].apply(work, context);
    },
  };
  const { outcome, events } = fixture.start(wanted(), { handlers: { ...stepHandlers, 'create-topic': stolen } });
  assert.is((await fixture.clock.run(outcome)).result, 'failed');
  assert.match(JSON.stringify(events), /KP4003/);
  assert.is(fixture.topics.has('new-1'), false);
});

test('the journal keeps the newest runs only', async () => {
  const fixture = createRunFixture(live);
  for (let count = 0; count < 30; count += 1) assert.is((await fixture.run(wanted())).result, 'done');
  const runs = new Set([...(await fixture.state()).journal.keys()].map((key) => key.split('/')[0]));
  assert.is(runs.size, 21, 'twenty, and the last one');
  assert.ok(runs.has('run-0030'));
});

test('--only resources leaves the data, --only data wants the resources first', async () => {
  const fixture = createRunFixture(live);
  const early = fixture.start(wanted(), { only: 'data' });
  assert.is((await fixture.clock.run(early.outcome)).result, 'failed');
  assert.match(JSON.stringify(early.events), /KP4010/);
  assert.is((await fixture.run(wanted(), { only: 'resources' })).result, 'done');
  assert.is(fixture.mirrored.size, 0);
  assert.is((await fixture.run(wanted(), { only: 'data' })).result, 'done');
  assert.is(fixture.mirrored.get('f'), 1);
});

test.run();
