import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import { produceRequestBytesMax } from '../../../runner/engines/native/limits.ts';
import type { TransactionalLog } from '../../../runner/engines/native/ports.ts';
import { createRequestSize } from '../../../runner/engines/native/request-size.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';

const mebibyte = 1_048_576;
/** So many that one request of full size holds more than the link carries within a transaction's timeout. */
const partitions = 200;
const bytesPerSecond = 12_000;

/** The target behind a link on which every byte waits for those before it, whichever broker they go to. */
function behindSlowLink(world: MirrorWorld, bytesPerSecond: number): TransactionalLog {
  const log = createProcess(world.clock, world.random).connect(world.target, noFaults);
  let freeMs = 0;
  return {
    ...log,
    async produce(broker, producer, batches) {
      const bytes = batches.reduce((sum, { batch }) => sum + batch.length, 0);
      freeMs = Math.max(freeMs, world.clock.nowMs()) + (bytes / bytesPerSecond) * 1_000;
      await world.clock.sleep(freeMs - world.clock.nowMs());
      return log.produce(broker, producer, batches);
    },
  };
}

test('a link on which all that waits would take longer than a transaction may: it goes on, if slowly', async () => {
  const world = createMirrorWorld(seedOfRun(), { partitions });
  writeFinished(world, partitions * 20);
  const tuning = { commitIntervalMs: 100, fetchMaxBytes: 4 * mebibyte, memoryMaxMb: 64 };
  const outcome = await world.mirror({ options: { target: behindSlowLink(world, bytesPerSecond), tuning } });
  equal(outcome.result, 'caught-up');
  expectMirrored(world, true);
  const retries = world.events.filter((one) => one.event === 'retry');
  ok(retries.length <= 5, `sessions that failed: ${retries.length}`);
});

test('requests grow while full ones are answered soon, and shrink where answers take long', () => {
  const size = createRequestSize();
  for (let answer = 0; answer < 10; answer += 1) size.answered(size.bytesMax, 20);
  deepEqual([size.bytesMax, size.inFlightMax], [produceRequestBytesMax, 5]);
  size.answered(1_000, 6_000);
  equal(size.bytesMax, produceRequestBytesMax / 2);
  size.answered(1_000, 20);
  equal(size.bytesMax, produceRequestBytesMax / 2, 'a small one says nothing of a large one');
  for (let answer = 0; answer < 10; answer += 1) size.failed();
  deepEqual([size.bytesMax, size.inFlightMax], [32_768, 1]);
});

test.run();
