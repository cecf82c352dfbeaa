import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { TransactionalLog } from '../../../runner/engines/native/ports.ts';
import { FencedError } from '../../../runner/kafka/cluster-fault.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { codecOf } from '../../../runner/records/header.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored, committedRecords } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const minuteMs = 60_000;

function writtenWorld(): MirrorWorld {
  const world = createMirrorWorld(seed);
  writeFinished(world, 80);
  return world;
}

test('a target that is read-only for four minutes does not end the flow', async () => {
  const world = writtenWorld();
  world.target.readOnly = 'NOT_ENOUGH_REPLICAS';
  world.clock.at(world.clock.nowMs() + 4 * minuteMs, () => {
    world.target.readOnly = null;
  });
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

test('a target that stays read-only ends the flow with what it said', async () => {
  const world = writtenWorld();
  world.target.readOnly = 'NOT_ENOUGH_REPLICAS';
  const startMs = world.clock.nowMs();
  const fault = await world.mirror().catch((error: unknown) => error);
  ok(
    fault instanceof Error && 'diagnostic' in fault && JSON.stringify(fault.diagnostic).includes('NOT_ENOUGH_REPLICAS'),
  );
  ok(world.clock.nowMs() - startMs < 10 * minuteMs);
});

test('a broker is asked to let partitions into a transaction by one request at a time', async () => {
  const world = createMirrorWorld(seed, { partitions: 40 });
  writeFinished(world, 400);
  equal((await world.mirror()).result, 'caught-up');
  const retries = world.events.flatMap((one) => (one.event === 'retry' ? [one.reason] : []));
  equal(retries.join('\n'), '');
  expectMirrored(world, true);
});

/** Mirrors with a process that sleeps in the middle of a transaction for longer than the target waits for one. */
async function sleepTooLong(world: MirrorWorld, isOurs: boolean): Promise<unknown> {
  const { process, outcome } = world.start({
    options: isOurs ? {} : { assertOurs: () => Promise.reject(new Error('another process has the lease')) },
  });
  const watch = () => {
    if (world.targetLog(0).end > 0n) process.suspend(world.clock.nowMs() + 5 * minuteMs);
    else world.clock.at(world.clock.nowMs() + 1, watch);
  };
  watch();
  return world.clock.run(outcome).catch((error: unknown) => error);
}

test('a transaction that the target aborted since its process slept is written again, while the lease is ours', async () => {
  const world = writtenWorld();
  equal(((await sleepTooLong(world, true)) as { result?: string }).result, 'caught-up');
  const reasons = world.events.flatMap((one) => (one.event === 'retry' ? [one.reason] : []));
  equal(reasons.length, 1);
  match(reasons[0] ?? '', /fenced the flow's producer, as it does where a transaction takes too long/);
  expectMirrored(world, true);
});

test('a fenced process whose lease is lost stops with what says so', async () => {
  const world = writtenWorld();
  equal(String(await sleepTooLong(world, false)), 'Error: another process has the lease');
});

test('a process that can not know whose the flow is stops when it is fenced', async () => {
  const world = writtenWorld();
  const stop = new AbortController();
  const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal, assertOurs: undefined } });
  const other = createProcess(world.clock, world.random).connect(world.target, noFaults);
  await world.clock.run(world.clock.sleep(50));
  await world.clock.run(other.initProducer('kplan.test.old-to-new', minuteMs));
  writeFinished(world, 40);
  ok((await world.clock.run(outcome.catch((error: unknown) => error))) instanceof FencedError);
});

test('a commit that comes a second time, late, does not end the next transaction', async () => {
  for (let delayMs = 1; delayMs < 30; delayMs += 2) {
    const world = writtenWorld();
    const log = createProcess(world.clock, world.random).connect(world.target, noFaults);
    const target: TransactionalLog = {
      ...log,
      async endTransaction(producer, outcome) {
        await log.endTransaction(producer, outcome);
        world.clock.at(world.clock.nowMs() + delayMs, () => {
          try {
            world.target.log.endTransaction(producer, outcome);
          } catch {
            // Fenced: it is of an epoch that is over.
          }
        });
        return { mayComeAgain: true };
      },
    };
    equal((await world.mirror({ options: { target } })).result, 'caught-up');
    expectMirrored(world, true);
  }
});

test('a partition that a broker does not know yet is waited for', async () => {
  const world = writtenWorld();
  equal((await world.mirror()).result, 'caught-up');
  world.source.staleMetadata = true;
  world.addPartition();
  world.clock.at(world.clock.nowMs() + 3_000, () => {
    world.source.staleMetadata = false;
  });
  writeFinished(world, 40);
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`a topic that a flow gets later is mirrored from its log start, also with latest (${delivery})`, async () => {
    const world = createMirrorWorld(seed, { delivery });
    writeFinished(world, 40);
    const orders = { source: 'orders', target: 'orders-copy', partitions: 2, targetMaxMessageBytes: 1_048_588 };
    equal((await world.mirror({ options: { start: 'latest', topics: [orders] } })).result, 'caught-up');
    equal(world.targetLog(0).end, 0n);

    world.source.createTopic('late', 1);
    world.target.createTopic('late-copy', 1);
    const log = world.source.partition({ topic: 'late', partition: 0 });
    const records = [{ key: null, value: Buffer.from('first'), timestamp: 1n }];
    appendStored(log, buildBatch({ records }));
    const topics = [orders, { ...orders, source: 'late', target: 'late-copy', partitions: 1 }];
    // The process that found the topic dies before it has written anything of it.
    const { process } = world.start({ options: { start: 'latest', topics } });
    process.kill();
    equal((await world.mirror({ options: { start: 'latest', topics } })).result, 'caught-up');
    const copied = committedRecords(world.target.partition({ topic: 'late-copy', partition: 0 }));
    deepEqual(
      copied.map(({ value }) => value?.toString()),
      ['first'],
    );
  });
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`batches of a codec that the target refuses are written in another one, at the cost of one (${delivery})`, async () => {
    const world = createMirrorWorld(seed, { delivery });
    world.target.refusesZstd = true;
    const codecs = ['none', 'gzip', 'zstd', 'zstd', 'lz4', 'zstd'] as const;
    for (const partition of [0, 1]) {
      for (const codec of codecs) {
        const records = Array.from({ length: 100 }, (_, i) => ({
          key: null,
          value: Buffer.from(`${codec} ${i} `.repeat(40)),
          timestamp: BigInt(i),
        }));
        appendStored(world.sourceLog(partition), buildBatch({ records, codec }));
      }
    }
    // Slow answers, so that both partitions are refused before the session ends.
    equal((await world.mirror({ faults: { ...noFaults, latencyMsMax: 50 } })).result, 'caught-up');
    expectMirrored(world, true);
    const told = world.events.filter(({ event }) => event === 'codec-replaced' || event === 'retry');
    deepEqual(
      told.map(({ event }) => event),
      ['codec-replaced', 'retry'],
    );
    const written = world.targetLog(0).batches.filter((one) => one.kind !== 'marker' && one.outcome !== 'ABORT');
    ok(!written.some(({ bytes }) => codecOf(bytes) === 'zstd'));
    ok(written.some(({ bytes }) => codecOf(bytes) === 'gzip'));
  });
}

test.run();
