import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../../runner/engines/native/clock.ts';
import type { LogReader } from '../../../runner/engines/native/ports.ts';
import { livePartitions, offsetsAtTime } from '../../../runner/offsets/offsets-at-time.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';

/** Partition 0 has records at 100, 200 and 300 ms; partition 1 has none as new as 250. */
const log: LogReader = {
  cluster: 'dc',
  describeTopics: async (topics) =>
    new Map(topics.filter((one) => one === 'orders').map((topic) => [topic, { topic, leaders: [0, 0] }])),
  offsets: async (partitions, at) =>
    partitions.map((one) => {
      const offset = at === 'last-stable' ? 9n : one.partition === 0 ? 2n : -1n;
      assert.ok(at === 'last-stable' || (typeof at === 'object' && at.timestampMs === 250n));
      return { ...one, error: null, offset };
    }),
  fetch: async () => [],
};

test('a time newer than all that can be read is the end of it', async () => {
  const partitions = [0, 1].map((partition) => ({ topic: 'orders', partition }));
  const { asked, silent } = await offsetsAtTime(log, partitions, 250n, systemClock);
  assert.equal(asked, [
    { topic: 'orders', partition: 0, offset: 2n },
    { topic: 'orders', partition: 1, offset: 9n },
  ]);
  assert.equal(silent, []);
});

test('a partition without a leader is named with what it answers, and the others have their offsets', async () => {
  const partitions = [0, 1].map((partition) => ({ topic: 'orders', partition }));
  const clock = createVirtualClock(0);
  for (const silentFor of ['timestamp', 'last-stable'] as const) {
    const partly: LogReader = {
      ...log,
      offsets: async (some, at) =>
        (await log.offsets(some, at)).map((one) => {
          const isSilent = one.partition === 1 && (typeof at === 'object') === (silentFor === 'timestamp');
          return isSilent ? { ...one, error: 'LEADER_NOT_AVAILABLE', offset: -1n } : one;
        }),
    };
    const { asked, silent } = await clock.run(offsetsAtTime(partly, partitions, 250n, clock));
    assert.equal(asked, [{ topic: 'orders', partition: 0, offset: 2n }]);
    assert.equal(
      silent.map(({ topic, partition, fault }) => [topic, partition, fault.errorName]),
      [['orders', 1, 'LEADER_NOT_AVAILABLE']],
    );
  }
});

test('only partitions that are there are asked', async () => {
  const wanted = new Map([
    ['orders', 4],
    ['gone', 2],
  ]);
  assert.equal(await livePartitions(log, wanted), [
    { topic: 'orders', partition: 0 },
    { topic: 'orders', partition: 1 },
  ]);
});

test.run();
