import { equal } from 'node:assert/strict';
import { test } from 'uvu';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createMirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored, truncateTo } from '../../simulation/simulated-partition.ts';

const minuteMs = 60_000;

test('a source that lost what was not read yet is a loss, though a fetch session tells nothing more of it', async () => {
  const world = createMirrorWorld(seedOfRun(), { partitions: 1 });
  const log = world.sourceLog(0);
  const records = [{ key: null, value: Buffer.alloc(100), timestamp: 1n }];
  for (let i = 0; i < 500; i += 1) appendStored(log, buildBatch({ records }));
  const stop = new AbortController();
  const tuning = { commitIntervalMs: 10, fetchMaxBytes: 2_000, memoryMaxMb: 1 };
  const { outcome } = world.start({ options: { tuning, signal: stop.signal } });
  const onceItArrives = () => {
    if (world.targetLog(0).end === 0n) {
      world.clock.at(world.clock.nowMs() + 1, onceItArrives);
      return;
    }
    truncateTo(log, 400n);
    world.source.moveLeader({ topic: 'orders', partition: 0 }, 2);
  };
  onceItArrives();
  world.clock.at(world.clock.nowMs() + 10 * minuteMs, () => stop.abort());
  equal((await world.clock.run(outcome)).result, 'loss');
});

test('an answer of a fetch session that was dropped for trouble with another partition is told again', async () => {
  const world = createMirrorWorld(seedOfRun());
  for (const partition of [0, 1]) world.source.moveLeader({ topic: 'orders', partition }, 0);
  writeFinished(world, 80);
  equal((await world.mirror()).result, 'caught-up');
  const real = createProcess(world.clock, world.random).connect(world.source, noFaults);
  let fetches = 0;
  let asked = 0;
  const source: typeof real = {
    ...real,
    openFetches(broker) {
      const fetch = real.openFetches(broker);
      return async (request) => {
        const of = (number: number) => request.positions.filter((one) => one.partition === number);
        // Partition 0 is told each time, as an error is; partition 1 in the session alone.
        const first =
          of(0).length === 0 ? [] : await real.fetch(broker, { ...request, positions: of(0), maxWaitMs: 0 });
        const second = of(1).length === 0 ? [] : await fetch({ ...request, positions: of(1) });
        fetches += 1;
        const error = fetches === 1 ? 'OFFSET_OUT_OF_RANGE' : null;
        return [...first.map((one) => ({ ...one, error })), ...second];
      };
    },
    offsets(...args) {
      asked += fetches === 1 ? 1 : 0;
      if (fetches !== 1 || asked !== 1) return real.offsets(...args);
      const place = { cluster: 'old', request: 'ListOffsets' };
      return Promise.reject(brokerFault(place, { errorName: 'NETWORK_EXCEPTION' }));
    },
  };
  const stop = new AbortController();
  world.clock.at(world.clock.nowMs() + 5 * minuteMs, () => stop.abort());
  const { outcome } = world.start({ options: { source, signal: stop.signal } });
  equal((await world.clock.run(outcome)).result, 'caught-up');
});

test.run();
