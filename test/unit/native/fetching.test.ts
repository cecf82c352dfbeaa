import { equal } from 'node:assert/strict';
import { test } from 'uvu';
import { buildBatch } from '../../../runner/records/build.ts';
import { createMirrorWorld } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored, type SimulatedPartition } from '../../simulation/simulated-partition.ts';

const fetchMaxBytes = 4_000;

function write(log: SimulatedPartition, bytes: number): void {
  appendStored(log, buildBatch({ records: [{ key: null, value: Buffer.alloc(bytes), timestamp: 1n }] }));
}

test('a batch larger than a fetch comes through beside a partition that always has something', async () => {
  const world = createMirrorWorld(seedOfRun());
  const stop = new AbortController();
  for (const partition of [0, 1]) world.source.moveLeader({ topic: 'orders', partition }, 0);
  write(world.sourceLog(1), fetchMaxBytes * 2);
  const busy = () => {
    for (let i = 0; i < 20; i += 1) write(world.sourceLog(0), 500);
    if (!stop.signal.aborted) world.clock.at(world.clock.nowMs() + 5, busy);
  };
  busy();
  const tuning = { commitIntervalMs: 100, fetchMaxBytes, memoryMaxMb: 1 };
  const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal, tuning } });
  world.clock.at(world.clock.nowMs() + 2_000, () => stop.abort());
  await world.clock.run(outcome);
  equal(world.targetLog(1).batches.filter(({ kind }) => kind === 'transactional').length, 1);
});

test.run();
