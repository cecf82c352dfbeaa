import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogReader } from '../../../runner/engines/native/ports.ts';
import { awaitServed } from '../../../runner/steps/served-topics.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';

/** Partition `p` of each topic is served after `p` times `perPartitionMs`; `asked` counts the partitions asked for. */
function serving(perPartitionMs: number) {
  const clock = createVirtualClock(0);
  const asked: number[] = [];
  const log = {
    async describeTopics(topics: readonly string[]) {
      return new Map(topics.map((topic) => [topic, { topic, leaders: [1, 2, 3] }]));
    },
    async offsets(partitions: Parameters<LogReader['offsets']>[0]) {
      asked.push(partitions.length);
      return partitions.map((one) => {
        const isServed = clock.nowMs() >= one.partition * perPartitionMs;
        return { ...one, error: isServed ? null : 'NOT_LEADER_OR_FOLLOWER', offset: 0n };
      });
    },
  };
  const { signal } = new AbortController();
  const wait = () => awaitServed(['a', 'b'], { cluster: 'msk', log: log as unknown as LogReader, clock, signal });
  return { clock, asked, wait };
}

test('leaders are asked until each answers for its partition, and not again for those that did', async () => {
  const { clock, asked, wait } = serving(5_000);
  assert.equal(await clock.run(wait()), []);
  assert.ok(clock.nowMs() >= 10_000);
  assert.equal([...new Set(asked)], [6, 4, 2]);
});

test('partitions that become ready no more are told, one line a topic', async () => {
  const { clock, wait } = serving(Number.POSITIVE_INFINITY);
  const found = await clock.run(wait());
  assert.equal(
    found.map((one) => [one.code, one.address]),
    [
      ['KP4009', 'topic/msk/a'],
      ['KP4009', 'topic/msk/b'],
    ],
  );
});

test.run();
