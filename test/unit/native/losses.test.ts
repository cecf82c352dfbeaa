import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { LossKind } from '../../../runner/engines/native/losses.ts';
import type { MirrorOutcome } from '../../../runner/engines/native/options.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { attributeBits, fieldAt } from '../../../runner/records/header.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import {
  createMirrorWorld,
  finishTransactions,
  type MirrorWorld,
  positionsTopic,
  writeSome,
} from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import {
  appendMarker,
  appendStored,
  deleteBefore,
  recordsOf,
  truncateTo,
} from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();

function lossesOf(outcome: MirrorOutcome): readonly (readonly [LossKind, number])[] {
  if (outcome.result !== 'loss') return [];
  const losses = outcome.losses.toSorted((a, b) => a.source.partition - b.source.partition);
  return losses.map(({ kind, source }) => [kind, source.partition]);
}

/** A world whose first part is mirrored. */
async function mirroredWorld(): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed);
  writeSome(world, 80);
  finishTransactions(world);
  equal((await world.mirror()).result, 'caught-up');
  writeSome(world, 80);
  finishTransactions(world);
  return world;
}

function plainBatch(records = 3): Buffer {
  return buildBatch({
    records: Array.from({ length: records }, (_, i) => ({
      key: null,
      value: Buffer.from(`stranger ${i}`),
      timestamp: 1n,
    })),
  });
}

test('records that the source deleted before they were mirrored stop their partition, and the others go on', async () => {
  const world = await mirroredWorld();
  deleteBefore(world.sourceLog(0), world.sourceLog(0).end - 1n);
  const outcome = await world.mirror();
  deepEqual(lossesOf(outcome), [['retention', 0]]);
  expectMirrored(world, true, 1);
});

test('markers that brokers write after they answered EndTxn are waited for', async () => {
  const world = createMirrorWorld(seed);
  const markerDelayMs = 700;
  world.target.delayMarkers = (write) => world.clock.at(world.clock.nowMs() + markerDelayMs, write);
  writeSome(world, 80);
  finishTransactions(world);
  equal((await world.mirror()).result, 'caught-up');
  deepEqual(
    world.events.filter((one) => one.event === 'retry'),
    [],
  );
  expectMirrored(world, true);
});

test('retention that ends exactly at the position loses nothing', async () => {
  const world = createMirrorWorld(seed);
  writeSome(world, 80);
  finishTransactions(world);
  await world.mirror();
  const log = world.sourceLog(0);
  deleteBefore(log, log.end);
  writeSome(world, 40);
  finishTransactions(world);
  equal((await world.mirror()).result, 'caught-up');
});

test('retention that overtakes the mirror while it reads is seen', async () => {
  const world = await mirroredWorld();
  const log = world.sourceLog(0);
  const stop = new AbortController();
  const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal } });
  const watch = () => {
    if (world.events.some((one) => one.event === 'loss')) return stop.abort();
    deleteBefore(log, log.end);
    for (let i = 0; i < 5; i += 1) world.writer.write(log);
    world.writer.finish(log);
    world.clock.at(world.clock.nowMs() + 40, watch);
  };
  world.clock.at(world.clock.nowMs() + 1, watch);
  deepEqual(lossesOf(await world.clock.run(outcome)), [['retention', 0]]);
});

test('a source topic that was made again is not taken for the old one', async () => {
  const world = await mirroredWorld();
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', 2);
  writeSome(world, 300);
  finishTransactions(world);
  deepEqual(lossesOf(await world.mirror()), [
    ['recreated', 0],
    ['recreated', 1],
  ]);
});

/** Deletes the source topic and makes it again with that many foreign batches in each partition. */
function makeAgain(world: MirrorWorld, batches: number): void {
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', world.partitions);
  for (let partition = 0; partition < world.partitions; partition += 1) {
    for (let i = 0; i < batches; i += 1) appendStored(world.sourceLog(partition), plainBatch());
  }
}

function strangersAtTarget(world: MirrorWorld): number {
  const batches = Array.from({ length: world.partitions }, (_, partition) => world.targetLog(partition).batches).flat();
  return batches.filter(({ bytes, outcome }) => outcome === 'COMMIT' && bytes.includes('stranger')).length;
}

for (const batches of [500, 0]) {
  test(`a source topic that is made again with ${batches} batches while it is read does not reach the target`, async () => {
    for (let delayMs = 0; delayMs < 60; delayMs += 3) {
      const world = createMirrorWorld(seed + delayMs);
      writeSome(world, 200);
      finishTransactions(world);
      const { outcome } = world.start();
      world.clock.at(world.clock.nowMs() + delayMs, () => makeAgain(world, batches));
      const ended = await world.clock.run(outcome);
      if (ended.result === 'caught-up') continue;
      deepEqual(new Set(lossesOf(ended).map(([kind]) => kind)), new Set(['recreated']), `after ${delayMs} ms`);
      equal(strangersAtTarget(world), 0, `after ${delayMs} ms`);
    }
  });
}

for (const until of ['caught-up', 'stopped'] as const) {
  for (const batches of [500, 0]) {
    test(`while brokers' metadata is stale, nothing of a topic made again with ${batches} batches arrives (${until})`, async () => {
      for (let delayMs = 0; delayMs < 60; delayMs += 3) {
        const world = createMirrorWorld(seed + delayMs);
        writeSome(world, 200);
        finishTransactions(world);
        const stop = new AbortController();
        const { outcome } = world.start({ options: { until, signal: stop.signal } });
        const startMs = world.clock.nowMs();
        world.clock.at(startMs + delayMs, () => {
          world.source.staleMetadata = true;
          makeAgain(world, batches);
        });
        world.clock.at(startMs + 3_000, () => {
          world.source.staleMetadata = false;
        });
        world.clock.at(startMs + 20_000, () => stop.abort());
        const ended = await world.clock.run(outcome);
        equal(strangersAtTarget(world), 0, `after ${delayMs} ms`);
        if (ended.result === 'caught-up') continue;
        deepEqual(new Set(lossesOf(ended).map(([kind]) => kind)), new Set(['recreated']), `after ${delayMs} ms`);
      }
    });
  }
}

test('a source topic made again is not taken for a truncated one while metadata names no leader that can be asked', async () => {
  const world = await mirroredWorld();
  world.source.leaders.stop(0);
  world.source.staleMetadata = true;
  world.source.leaders.start(0);
  makeAgain(world, 0);
  world.clock.at(world.clock.nowMs() + 3_000, () => {
    world.source.staleMetadata = false;
  });
  deepEqual(lossesOf(await world.mirror()), [
    ['recreated', 0],
    ['recreated', 1],
  ]);
});

test('what was read of a topic made again is not committed with the loss that stops its only partition', async () => {
  for (let delayMs = 0; delayMs <= 50; delayMs += 10) {
    const world = createMirrorWorld(seed, { partitions: 1 });
    const records = [{ key: null, value: Buffer.alloc(100), timestamp: 1n }];
    for (let i = 0; i < 3_000; i += 1) appendStored(world.sourceLog(0), buildBatch({ records }));
    const tuning = { commitIntervalMs: 1_000, fetchMaxBytes: 4_000, memoryMaxMb: 1 };
    const { outcome } = world.start({ options: { tuning } });
    const onceItReads = () => {
      const isReading = world.positions().length > 0;
      world.clock.at(
        world.clock.nowMs() + (isReading ? delayMs : 1),
        isReading ? () => makeAgain(world, 240) : onceItReads,
      );
    };
    onceItReads();
    deepEqual(lossesOf(await world.clock.run(outcome)), [['recreated', 0]], `after ${delayMs} ms`);
    equal(strangersAtTarget(world), 0, `after ${delayMs} ms`);
  }
});

test('a follower does not go on in a topic that was made again and is longer than the old one', async () => {
  const world = await mirroredWorld();
  const stop = new AbortController();
  const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal } });
  world.clock.at(world.clock.nowMs() + 3_000, () => makeAgain(world, 2_000));
  world.clock.at(world.clock.nowMs() + 20_000, () => stop.abort());
  deepEqual(lossesOf(await world.clock.run(outcome)), [
    ['recreated', 0],
    ['recreated', 1],
  ]);
  equal(strangersAtTarget(world), 0);
});

test('a source topic that is gone is a loss of each of its partitions', async () => {
  const world = await mirroredWorld();
  world.source.deleteTopic('orders');
  deepEqual(lossesOf(await world.mirror()), [
    ['source-gone', 0],
    ['source-gone', 1],
  ]);
});

test('a source log that ends below the position was truncated', async () => {
  const world = await mirroredWorld();
  const log = world.sourceLog(1);
  log.batches = log.batches.slice(0, 3);
  log.end = (log.batches.at(-1)?.last ?? 0n) + 1n;
  deepEqual(lossesOf(await world.mirror()), [['truncated', 1]]);
});

/** An unclean election: the new leader lacks the last batches of the partition. */
function elect(world: MirrorWorld, partition: number, batchesLost: number): void {
  const log = world.sourceLog(partition);
  truncateTo(log, log.batches.at(-batchesLost)?.base ?? log.end);
  world.source.moveLeader({ topic: 'orders', partition }, 2);
}

test('a source log that was truncated is a loss also when it has grown past the position again', async () => {
  for (const grown of [0, 1, 200]) {
    const world = await mirroredWorld();
    equal((await world.mirror()).result, 'caught-up');
    const { end } = world.sourceLog(1);
    elect(world, 1, 3);
    const log = world.sourceLog(1);
    if (grown > 0) appendStored(log, plainBatch(Number(end - log.end)));
    for (let i = 1; i < grown; i += 1) appendStored(log, plainBatch());
    deepEqual(lossesOf(await world.mirror()), [['truncated', 1]], `${grown} batches`);
    expectMirrored(world, true, 0);
  }
});

test('what was read of a source log before it was truncated, and not committed, is read again', async () => {
  const world = createMirrorWorld(seed, { partitions: 1 });
  for (let i = 0; i < 50; i += 1) appendStored(world.sourceLog(0), plainBatch());
  equal((await world.mirror()).result, 'caught-up');
  for (let i = 0; i < 500; i += 1) appendStored(world.sourceLog(0), plainBatch(i % 7 === 0 ? 1 : 9));
  const stop = new AbortController();
  const tuning = { commitIntervalMs: 10_000, fetchMaxBytes: 4_000, memoryMaxMb: 1 };
  const { outcome } = world.start({ options: { tuning, until: 'stopped', signal: stop.signal } });
  world.clock.at(world.clock.nowMs() + 300, () => {
    const log = world.sourceLog(0);
    const { end } = log;
    elect(world, 0, 490);
    while (log.end < end) appendStored(log, plainBatch());
  });
  world.clock.at(world.clock.nowMs() + 30_000, () => stop.abort());
  equal((await world.clock.run(outcome)).result, 'interrupted');
  equal(world.events.filter((one) => one.event === 'retry').length, 1);
  expectMirrored(world, true);
});

test('a stranger who wrote between two runs is seen, whatever was written', async () => {
  const strangers: readonly ((world: MirrorWorld) => void)[] = [
    (world) => void appendStored(world.targetLog(0), plainBatch()),
    (world) => {
      const stamp = { producerId: 999n, producerEpoch: 0, baseSequence: 0, transactional: true };
      appendStored(world.targetLog(0), buildBatch({ records: [{ key: null, value: null, timestamp: 1n }], stamp }));
      appendMarker(world.targetLog(0), 'ABORT', stamp, 1n);
    },
    (world) => {
      const stamp = { producerId: 999n, producerEpoch: 0, baseSequence: 0, transactional: true };
      appendStored(world.targetLog(0), buildBatch({ records: [{ key: null, value: null, timestamp: 1n }], stamp }));
    },
  ];
  for (const write of strangers) {
    const world = await mirroredWorld();
    write(world);
    deepEqual(lossesOf(await world.mirror()), [['foreign-writer', 0]]);
    expectMirrored(world, true, 1);
  }
});

test('a stranger who writes while the mirror writes is seen, also just before the last marker', async () => {
  for (let delayMs = 1; delayMs < 200; delayMs += 7) {
    const world = await mirroredWorld();
    const { outcome } = world.start();
    let wrote = true;
    const running = outcome.finally(() => {
      wrote = false;
    });
    world.clock.at(world.clock.nowMs() + delayMs, () => {
      if (wrote) appendStored(world.targetLog(0), plainBatch(1));
    });
    const first = await world.clock.run(running);
    const seen = lossesOf(first.result === 'loss' ? first : await world.mirror());
    const written = world.targetLog(0).batches.some((one) => one.producerId === -1n);
    deepEqual(seen, written ? [['foreign-writer', 0]] : [], `after ${delayMs} ms`);
  }
});

test('a stranger who writes behind the last commit is seen before the mirror says that it caught up', async () => {
  const world = await mirroredWorld();
  let wrote = false;
  const report = ({ event }: { readonly event: string }) => {
    if (event !== 'commit' || wrote) return;
    wrote = true;
    appendStored(world.targetLog(0), plainBatch());
  };
  deepEqual(lossesOf(await world.mirror({ options: { report } })), [['foreign-writer', 0]]);
});

test("somebody else's records in a target that was never mirrored to are left alone", async () => {
  const world = createMirrorWorld(seed);
  writeSome(world, 40);
  finishTransactions(world);
  appendStored(world.targetLog(1), plainBatch());
  const before = world.targetLog(1).end;
  deepEqual(lossesOf(await world.mirror()), [['foreign-writer', 1]]);
  equal(world.targetLog(1).end, before);
});

test("nothing goes into a topic that holds somebody else's records, so that it can be deleted and made again", async () => {
  const world = createMirrorWorld(seed);
  writeSome(world, 40);
  finishTransactions(world);
  appendStored(world.targetLog(1), plainBatch());
  await world.mirror();
  equal(world.targetLog(0).end, 0n);
  world.target.deleteTopic('orders-copy');
  world.target.createTopic('orders-copy', 2);
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

test('a target topic made again before anything was mirrored into it is mirrored into', async () => {
  const world = createMirrorWorld(seed);
  equal((await world.mirror()).result, 'caught-up');
  world.target.deleteTopic('orders-copy');
  world.target.createTopic('orders-copy', 2);
  writeSome(world, 40);
  finishTransactions(world);
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

test('a target that lost records, was made again or is gone stops', async () => {
  const lost = await mirroredWorld();
  const log = lost.targetLog(0);
  log.batches = log.batches.slice(0, -1);
  log.end = (log.batches.at(-1)?.last ?? -1n) + 1n;
  deepEqual(lossesOf(await lost.mirror()), [['target-lost', 0]]);

  const again = await mirroredWorld();
  again.target.deleteTopic('orders-copy');
  again.target.createTopic('orders-copy', 2);
  deepEqual(lossesOf(await again.mirror()), [
    ['target-recreated', 0],
    ['target-recreated', 1],
  ]);

  const gone = await mirroredWorld();
  gone.target.deleteTopic('orders-copy');
  deepEqual(lossesOf(await gone.mirror()), [
    ['target-gone', 0],
    ['target-gone', 1],
  ]);
});

test('positions that were deleted are not mistaken for a start', async () => {
  const world = await mirroredWorld();
  world.target.deleteTopic(positionsTopic);
  world.target.createTopic(positionsTopic, 1);
  deepEqual(new Set(lossesOf(await world.mirror()).map(([kind]) => kind)), new Set(['positions-lost']));
});

test('a batch that the target refuses for good stops its partition with what the broker says', async () => {
  const world = createMirrorWorld(seed);
  writeSome(world, 40);
  appendStored(world.sourceLog(0), buildBatch({ records: [{ key: null, value: Buffer.alloc(5_000), timestamp: 1n }] }));
  finishTransactions(world);
  world.target.maxMessageBytes = 4_500;
  const outcome = await world.mirror({ targetMaxMessageBytes: 4_500 });
  deepEqual(lossesOf(outcome), [['refused', 0]]);
  equal(outcome.result === 'loss' && outcome.losses[0]?.diagnostic.summary.includes('MESSAGE_TOO_LARGE'), true);
  expectMirrored(world, true, 1);
});

test('a damaged batch that must be encoded again stops its partition at the records before it', async () => {
  const world = createMirrorWorld(seed);
  const log = world.sourceLog(0);
  appendStored(log, plainBatch());
  const damaged = plainBatch();
  damaged[damaged.length - 3] = 0;
  appendStored(log, damaged);
  deepEqual(lossesOf(await world.mirror()), [['damaged', 0]]);
});

/** A world with one partition, whose batch of that index is not what it was; gives it with the offset of that batch. */
function damagedWorld(index: number, damage: (bytes: Buffer) => void): { world: MirrorWorld; offset: bigint } {
  const world = createMirrorWorld(seed);
  const log = world.sourceLog(0);
  for (let i = 0; i < 400; i += 1) appendStored(log, plainBatch(Number(batchRecords)));
  const stored = log.batches[index];
  if (stored === undefined) throw new Error('unreachable');
  const bytes = Buffer.from(stored.bytes);
  recordsOf(stored);
  damage(bytes);
  stored.bytes = bytes;
  return { world, offset: stored.base };
}

const batchRecords = 20n;

const damages: Readonly<Record<string, (bytes: Buffer) => void>> = {
  'of its records': (bytes) => void bytes.writeUInt8(1, bytes.length - 3),
  'of its length, as if there were more': (bytes) => void bytes.writeInt32BE(1_000_000, fieldAt.batchLength),
  'of its place, as if it stood before the first one': (bytes) => void bytes.writeBigInt64BE(-5n, fieldAt.baseOffset),
  'of its place, as if it stood behind': (bytes) => void bytes.writeBigInt64BE(8_500n, fieldAt.baseOffset),
  'of its place, as if it stood among others': (bytes) => void bytes.writeBigInt64BE(105n, fieldAt.baseOffset),
  'of its place, as if it began within the one before': (bytes) =>
    void bytes.writeBigInt64BE(bytes.readBigInt64BE(fieldAt.baseOffset) - 3n, fieldAt.baseOffset),
};

for (const [what, damage] of Object.entries(damages)) {
  test(`damage ${what} stops a partition just before it, whatever was fetched already`, async () => {
    for (const index of [0, 9, 60, 399]) {
      const { world, offset } = damagedWorld(index, damage);
      const tuning = { commitIntervalMs: 50, fetchMaxBytes: 4_000, memoryMaxMb: 1 };
      deepEqual(lossesOf(await world.mirror({ options: { tuning } })), [['damaged', 0]], `batch ${index}`);
      expectMirrored(world, false, 0);
      // Where two batches claim the same offsets, neither is believed.
      const next = world.positions().find((one) => one.record.source.partition === 0)?.record.nextSource ?? -1n;
      ok(next === offset || next === offset - batchRecords, `${next} instead of ${offset}`);
      expectMirrored(world, true, 1);
    }
  });
}

test('an epoch in a batch that no leader knows does not stop a partition', async () => {
  for (const epoch of [-7, 9, 2 ** 31 - 1]) {
    const { world } = damagedWorld(200, (bytes) => void bytes.writeInt32BE(epoch, fieldAt.leaderEpoch));
    const tuning = { commitIntervalMs: 50, fetchMaxBytes: 4_000, memoryMaxMb: 1 };
    equal((await world.mirror({ options: { tuning } })).result, 'caught-up');
    expectMirrored(world, true);
  }
});

test('a damaged header does not make a batch one that is left out', async () => {
  const damages: readonly ((batch: Buffer) => void)[] = [
    (batch) => void batch.writeInt32BE(0, fieldAt.recordCount),
    (batch) => void batch.writeInt32BE(-4, fieldAt.lastOffsetDelta),
    (batch) => void batch.writeInt16BE(attributeBits.control, fieldAt.attributes),
  ];
  for (const damage of damages) {
    const world = createMirrorWorld(seed);
    const log = world.sourceLog(0);
    appendStored(log, plainBatch());
    appendStored(log, plainBatch());
    const stored = log.batches[1];
    if (stored !== undefined) damage(stored.bytes);
    appendStored(log, plainBatch());
    deepEqual(lossesOf(await world.mirror()), [['damaged', 0]]);
    equal(world.targetLog(0).batches.filter(({ kind }) => kind === 'transactional').length, 1);
  }
});

test.run();
