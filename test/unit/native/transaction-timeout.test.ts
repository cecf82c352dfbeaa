import { equal } from 'node:assert/strict';
import { test } from 'uvu';
import { transactionTimeoutMs } from '../../../runner/engines/native/limits.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createMirrorWorld } from '../../simulation/mirror-world.ts';

test('a transaction may last longer than the interval at which it is committed', async () => {
  const world = createMirrorWorld(1);
  const log = createProcess(world.clock, world.random).connect(world.target, noFaults);
  const timeouts: number[] = [];
  const target = {
    ...log,
    initProducer: (...[id, timeoutMs, current]: Parameters<typeof log.initProducer>) => {
      timeouts.push(timeoutMs);
      return log.initProducer(id, timeoutMs, current);
    },
  };
  const commitIntervalMs = 60_000;
  await world.mirror({ options: { target, tuning: { commitIntervalMs, fetchMaxBytes: 20_000, memoryMaxMb: 1 } } });
  equal(timeouts.length > 0, true);
  for (const timeoutMs of timeouts) equal(timeoutMs, commitIntervalMs + transactionTimeoutMs);
});

test.run();
