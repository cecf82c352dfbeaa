import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import { produceRequestBytesMax } from '../../../runner/engines/native/limits.ts';
import { createRequestSize } from '../../../runner/engines/native/request-size.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { createMirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { behindSlowLink } from '../../simulation/slow-link.ts';

const mebibyte = 1_048_576;
/** So many that one request of full size holds more than the link carries within a transaction's timeout. */
const partitions = 200;
const bytesPerSecond = 12_000;

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
