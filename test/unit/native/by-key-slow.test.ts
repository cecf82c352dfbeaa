import { equal, match, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { ProduceBatch, TransactionalLog } from '../../../runner/engines/native/ports.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { expectByKey } from '../../simulation/compare-by-key.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored } from '../../simulation/simulated-partition.ts';

const byKey = { hash: 'murmur2', partitions: 4 } as const;
const mebibyte = 1_048_576;

/** A world whose source holds so many batches of ten records; `keyOf` by the record's number. */
function filledWorld(batches: number, valueBytes: number, keyOf: (record: number) => string): MirrorWorld {
  const world = createMirrorWorld(seedOfRun(), { partitions: 4, byKey });
  const value = Buffer.alloc(valueBytes, 'x');
  for (let batch = 0; batch < batches; batch += 1) {
    const records = Array.from({ length: 10 }, (_, i) => ({
      key: Buffer.from(keyOf(batch * 10 + i)),
      value,
      timestamp: BigInt(batch),
    }));
    appendStored(world.sourceLog(batch % 4), buildBatch({ records }));
  }
  return world;
}

function targetOf(world: MirrorWorld): TransactionalLog {
  return createProcess(world.clock, world.random).connect(world.target, noFaults);
}

async function expectFewRetries(world: MirrorWorld, options: object): Promise<void> {
  equal((await world.mirror({ options })).result, 'caught-up');
  const retries = world.events.filter((one) => one.event === 'retry');
  ok(retries.length <= 5, `sessions that failed: ${retries.length}`);
  expectByKey(world, { whole: true });
}

test('by key, of one key, and held to a rate at which all that memory holds would take longer than a transaction may', async () => {
  const world = filledWorld(80, 10_000, () => 'one');
  const tuning = {
    commitIntervalMs: 500,
    fetchMaxBytes: 4 * mebibyte,
    memoryMaxMb: 64,
    throttleBytesPerSecond: 50_000,
  };
  await expectFewRetries(world, { tuning });
});

test('by key, held to a rate at which one source batch takes longer than a transaction may: the rate is kept all the same', async () => {
  const world = createMirrorWorld(seedOfRun(), { partitions: 2, byKey });
  const bytesPerSecond = 5_000;
  for (let batch = 0; batch < 6; batch += 1) {
    const records = Array.from({ length: 40 }, (_, i) => ({
      key: Buffer.from(`key ${i}`),
      value: Buffer.alloc(10_000, 'x'),
      timestamp: BigInt(batch),
    }));
    appendStored(world.sourceLog(batch % 2), buildBatch({ records }));
  }
  const startMs = world.clock.nowMs();
  const tuning = {
    commitIntervalMs: 500,
    fetchMaxBytes: mebibyte,
    memoryMaxMb: 64,
    throttleBytesPerSecond: bytesPerSecond,
  };
  await expectFewRetries(world, { tuning });
  const last = world.events.findLast((event) => event.event === 'progress');
  const bytes = last?.event === 'progress' ? last.bytes : 0;
  // The last batch may be sent before it is paid off.
  const paidOff = (bytes * 5) / 6;
  const seconds = (world.clock.nowMs() - startMs) / 1_000;
  ok(paidOff / seconds < bytesPerSecond * 1.05, `${bytes} bytes in ${seconds} s`);
  ok(bytes / seconds > bytesPerSecond * 0.8, `${bytes} bytes in ${seconds} s`);
});

test('by key with one broker that is slower than the others: it goes on, if slowly', async () => {
  const world = filledWorld(400, 1_500, (record) => `key ${record}`);
  const log = targetOf(world);
  const described = await world.clock.run(log.describeTopics(['orders-copy']));
  const slow = described.get('orders-copy')?.leaders[0];
  let freeMs = 0;
  const target: TransactionalLog = {
    ...log,
    async produce(broker, producer, batches, lane) {
      if (broker === slow && lane !== 'positions') {
        freeMs = Math.max(freeMs, world.clock.nowMs()) + bytesOf(batches) / 15;
        await world.clock.sleep(freeMs - world.clock.nowMs());
      }
      return log.produce(broker, producer, batches, lane);
    },
  };
  await expectFewRetries(world, {
    target,
    tuning: { commitIntervalMs: 500, fetchMaxBytes: mebibyte, memoryMaxMb: 16 },
  });
});

test('by key a target that refuses all records ends the flow, also where none was ever written', async () => {
  const world = createMirrorWorld(seedOfRun(), { partitions: 2, byKey });
  writeFinished(world, 200);
  const log = targetOf(world);
  const target: TransactionalLog = {
    ...log,
    async produce(broker, producer, batches, lane) {
      if (lane === 'positions') return log.produce(broker, producer, batches, lane);
      return batches.map(({ topic, partition }) => ({ topic, partition, ...refused }));
    },
  };
  const ended = await world.mirror({ options: { target } }).catch((error: unknown) => error);
  match(String(ended), /failed 6 times in a row/);
});

const refused = { error: 'UNKNOWN_SERVER_ERROR', baseOffset: -1n, logAppendTimeMs: -1n };

function bytesOf(batches: readonly ProduceBatch[]): number {
  return batches.reduce((sum, { batch }) => sum + batch.length, 0);
}

test.run();
