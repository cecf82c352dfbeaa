import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { outcomesOf, refusals, type TopicWork } from '../../../runner/steps/topic-work.ts';

const part = [
  { step: { id: 's', address: 'cluster.new.topic.orders' }, subject: { cluster: 'new', topic: 'orders' } },
] as unknown as readonly TopicWork[];

function codesOf(error: string | null, isCheck: boolean): string[] {
  const outcomes = outcomesOf(part, [{ topic: 'orders', error }], { request: 'CreateTopics', isCheck });
  return refusals(outcomes).map(({ code }) => code);
}

test('a check is refused by what lasts, a step that is done by what it could not wait out as well', () => {
  for (const error of ['THROTTLING_QUOTA_EXCEEDED', 'REQUEST_TIMED_OUT']) {
    assert.equal([codesOf(error, true), codesOf(error, false)], [[], ['KP4008']], error);
  }
  for (const error of ['POLICY_VIOLATION', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID']) {
    assert.equal([codesOf(error, true), codesOf(error, false)], [['KP4008'], ['KP4008']], error);
  }
  assert.equal(codesOf(null, false), []);
});

test.run();
