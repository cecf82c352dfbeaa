import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stepHandlers } from '../../../runner/steps/step-handlers.ts';
import type { Change, ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import { flowDefinition, planOf } from './plan-of.ts';
import { createRunFixture, isShown, type RunFixture } from './run-world.ts';

/** More than one batch of steps. */
const names = Array.from({ length: 1_500 }, (_, n) => `new-${n}`);
const state = { partitions: 2, replicationFactor: 3, config: { 'retention.ms': '5' } };

function manyTopics(): ExecutionPlan {
  const config = { inherit: 'none', exclude: [], set: state.config } as const;
  const topics = names.map((target) => ({ source: 'old', target, sourcePartitions: 1, ...state, config }));
  const created = names.map((name): Change => {
    return {
      address: `topic/msk/${name}`,
      kind: 'topic',
      action: 'create',
      before: null,
      after: state,
      reason: 'wanted',
    };
  });
  return planOf(
    [
      ...created,
      { address: 'flow/f', kind: 'flow', action: 'create', before: null, after: flowDefinition, reason: 'wanted' },
    ],
    [{ ...flowDefinition, topics }],
  );
}

/** Applies the plan; `shownAtStart` counts the topics that brokers showed when mirroring began. */
async function applied(fixture: RunFixture) {
  const shownAtStart: number[] = [];
  const { mirror } = stepHandlers;
  const handlers = {
    ...stepHandlers,
    mirror: {
      ...mirror,
      async apply(work: Parameters<typeof mirror.apply>[0]) {
        shownAtStart.push(names.filter((name) => isShown(fixture, name)).length);
        return new Map(work.map((one) => [one.step.id, { result: 'done' as const }]));
      },
    },
  };
  const { outcome, events } = fixture.start(manyTopics(), { handlers });
  return { summary: await fixture.clock.run(outcome), shownAtStart, events };
}

test('mirroring begins when brokers show every topic as wanted, however many were created', async () => {
  const fixture = createRunFixture({ old: { partitions: 1, replicationFactor: 3, config: {} } });
  fixture.showsAfterMs = (topic) => Number(topic.split('-')[1] ?? 0) * 20;
  const { summary, shownAtStart } = await applied(fixture);
  assert.equal([summary.result, summary.steps.done, shownAtStart], ['done', 1_502, [1_500]]);
  assert.is((await fixture.state()).applied.size, 1_501);
});

test('a topic that brokers never show fails its own step alone, and nothing that needs it begins', async () => {
  const fixture = createRunFixture({ old: { partitions: 1, replicationFactor: 3, config: {} } });
  fixture.showsAfterMs = (topic) => (topic === 'new-7' ? Number.POSITIVE_INFINITY : 0);
  const { summary, shownAtStart, events } = await applied(fixture);
  assert.equal([summary.result, summary.steps.failed, shownAtStart], ['failed', 1, []]);
  assert.match(JSON.stringify(events), /KP4009[^}]+topic\/msk\/new-7/);
  assert.is((await fixture.state()).applied.has('topic/msk/new-7'), false);
  assert.is((await fixture.state()).applied.has('topic/msk/new-8'), true);
});

test.run();
