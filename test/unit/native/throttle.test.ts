import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createThrottle } from '../../../runner/engines/native/throttle.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { createMirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { appendStored } from '../../simulation/simulated-partition.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';

test('a request is paid off by time, and time without requests saves nothing up', () => {
  let nowMs = 1_000;
  const clock = { nowMs: () => nowMs, sleep: () => Promise.resolve() };
  const throttle = createThrottle(1_000, clock);
  assert.is(throttle.waitMs(), 0);
  throttle.sent(500);
  assert.is(throttle.waitMs(), 500);
  nowMs += 400;
  assert.is(throttle.waitMs(), 100);
  nowMs += 10_000;
  throttle.sent(2_000);
  assert.is(throttle.waitMs(), 2_000);
  assert.is(throttle.requestBytesMax, 250);
});

test('without a rate nothing waits', () => {
  const throttle = createThrottle(undefined, createVirtualClock(0));
  throttle.sent(1e12);
  assert.is(throttle.waitMs(), 0);
});

test('a flow takes the time that its rate gives it, and everything arrives', async () => {
  const bytesPerSecond = 5_000;
  const world = createMirrorWorld(7);
  writeFinished(world, 200);
  const startedAtMs = world.clock.nowMs();
  const tuning = {
    commitIntervalMs: 100,
    fetchMaxBytes: 20_000,
    memoryMaxMb: 1,
    throttleBytesPerSecond: bytesPerSecond,
  };
  const outcome = await world.mirror({ options: { tuning } });
  assert.is(outcome.result, 'caught-up');
  await expectMirrored(world, true);
  const last = world.events.findLast((event) => event.event === 'progress');
  const seconds = (world.clock.nowMs() - startedAtMs) / 1000;
  const bytes = last?.event === 'progress' ? last.bytes : 0;
  assert.ok(bytes > 4 * bytesPerSecond, `${bytes} bytes are enough to see the rate`);
  // The last request is sent before it is paid off; it holds one batch more than its limit at most.
  assert.ok(bytes / seconds < bytesPerSecond * 1.25, `${bytes} bytes in ${seconds} s`);
  assert.ok(bytes / seconds > bytesPerSecond * 0.5, `${bytes} bytes in ${seconds} s`);
});

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`partitions on several brokers share the rate, ${delivery}`, async () => {
    const partitions = [0, 1, 2];
    const world = createMirrorWorld(1, { partitions: partitions.length, delivery });
    for (const partition of partitions) {
      for (let i = 0; i < 700; i += 1) {
        const record = { key: null, value: Buffer.alloc(10_000), timestamp: 1n };
        appendStored(world.sourceLog(partition), buildBatch({ records: [record] }));
      }
    }
    const stop = new AbortController();
    world.clock.at(world.clock.nowMs() + 3_000, () => stop.abort());
    const tuning = {
      commitIntervalMs: 500,
      fetchMaxBytes: 1_000_000,
      memoryMaxMb: 16,
      throttleBytesPerSecond: 2_000_000,
    };
    const { outcome } = world.start({ options: { tuning, delivery, until: 'stopped', signal: stop.signal } });
    await world.clock.run(outcome);
    const ends = partitions.map((partition) => Number(world.targetLog(partition).end));
    assert.ok(Math.min(...ends) > 100, `${ends} records at the targets`);
    assert.ok(Math.min(...ends) * 2 > Math.max(...ends), `${ends} records at the targets`);
  });
}

test.run();
