import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { leadersKeptMs } from '../../../runner/verify/limits.ts';
import { withRecentLeaders } from '../../../runner/verify/recent-leaders.ts';
import { countingClock, onlyTopic, partitionLog, readerOf } from './partition-log.ts';

test('leaders are asked for once for all partitions of a topic, and again after a while', async () => {
  const clock = countingClock();
  let asked = 0;
  const reader = readerOf(partitionLog([]));
  const counted = {
    ...reader,
    describeTopics: (topics: readonly string[]) => {
      asked += 1;
      return reader.describeTopics(topics);
    },
  };
  const log = withRecentLeaders(counted, clock);
  const [first] = await Promise.all(Array.from({ length: 50 }, () => log.describeTopics([onlyTopic])));
  assert.equal(first?.get(onlyTopic)?.leaders, [1]);
  assert.is(asked, 1);
  await clock.sleep(leadersKeptMs);
  await log.describeTopics([onlyTopic]);
  assert.is(asked, 2);
});

test.run();
