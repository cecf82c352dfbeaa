import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { MirrorOptions, MirrorOutcome, MirrorTopic } from '../../../runner/engines/native/options.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { expectByKey } from '../../simulation/compare-by-key.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendMarker, appendStored, deleteBefore } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const byKey = { hash: 'murmur2', partitions: 4 } as const;
const goingOn: Partial<MirrorOptions> = { answer: () => 'continue' };

function write(world: MirrorWorld): void {
  writeFinished(world, 80);
}

async function mirroredWorld(): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions: 3, byKey });
  write(world);
  equal((await world.mirror()).result, 'caught-up');
  write(world);
  return world;
}

function lossesOf(outcome: MirrorOutcome): string[] {
  if (outcome.result !== 'loss') return [];
  return outcome.losses.map(({ kind, source, target }) => `${kind} ${source.partition} -> ${target.partition}`).sort();
}

function strangerBatch(): Buffer {
  return buildBatch({ records: [{ key: null, value: Buffer.from('stranger'), timestamp: 1n }] });
}

test('what the source lost stops its partition alone, and the others go on into the same target partitions', async () => {
  const world = await mirroredWorld();
  deleteBefore(world.sourceLog(1), world.sourceLog(1).end - 1n);
  deepEqual(lossesOf(await world.mirror()), ['retention 1 -> 1']);
  expectByKey(world, { whole: true, stopped: new Map([[1, 'retention']]) });
});

test('whether markers or lost records stood in what retention took, positions do not tell: a place in it has none', async () => {
  const states: unknown[] = [];
  for (const last of ['marker', 'record'] as const) {
    const world = createMirrorWorld(seed, { partitions: 1, byKey });
    const log = world.sourceLog(0);
    const stamp = { producerId: 1n, producerEpoch: 0, baseSequence: 0, transactional: true };
    appendStored(log, buildBatch({ records: [{ key: null, value: Buffer.from('first'), timestamp: 1n }], stamp }));
    appendMarker(log, 'COMMIT', stamp, 1n);
    equal((await world.mirror()).result, 'caught-up');
    if (last === 'marker') appendMarker(log, 'ABORT', stamp, 1n);
    else appendStored(log, strangerBatch());
    if (last === 'marker') equal((await world.mirror()).result, 'caught-up');
    deleteBefore(log, log.end);
    equal((await world.mirror({ options: goingOn })).result, 'caught-up');
    const record = world.positions()[0]?.record;
    states.push({ nextSource: record?.nextSource, recordsEnd: record?.byKey?.recordsEnd, logStart: log.start });
    if (last === 'marker') expectByKey(world, { whole: true });
  }
  deepEqual(states[0], states[1]);
  deepEqual(states[0], { nextSource: 3n, recordsEnd: 1n, logStart: 3n });
});

test('a stranger on one target partition stops every source partition; behind it all of them can go on', async () => {
  const world = await mirroredWorld();
  appendStored(world.targetLog(3), strangerBatch());
  deepEqual(lossesOf(await world.mirror()), [
    'foreign-writer 0 -> 3',
    'foreign-writer 1 -> 3',
    'foreign-writer 2 -> 3',
  ]);
  const one: Partial<MirrorOptions> = { answer: ({ source }) => (source.partition === 0 ? 'continue' : 'stop') };
  equal(lossesOf(await world.mirror({ options: one })).length, 3, 'none goes on where one may not');
  equal((await world.mirror({ options: goingOn })).result, 'caught-up');
  expectByKey(world, { whole: true });
});

test('a target partition that lost records, or was made again, has no way on', async () => {
  for (const harm of ['cut', 'made again'] as const) {
    const world = await mirroredWorld();
    if (harm === 'cut') {
      const log = world.targetLog(2);
      log.batches = log.batches.slice(0, -1);
      log.end = (log.batches.at(-1)?.last ?? -1n) + 1n;
    } else {
      world.target.deleteTopic('orders-copy');
      world.target.createTopic('orders-copy', byKey.partitions);
    }
    const kind = harm === 'cut' ? 'target-lost' : 'target-recreated';
    const losses = lossesOf(await world.mirror({ options: goingOn }));
    deepEqual(
      losses.map((text) => text.split(' ')[0]),
      [kind, kind, kind],
    );
  }
});

test('other partitions, another hash or none for what was mirrored: nothing is written', async () => {
  for (const other of [{ hash: 'murmur2', partitions: 5 }, { hash: 'crc32', partitions: 4 }, undefined] as const) {
    const world = await mirroredWorld();
    if (other?.partitions === 5) world.target.addPartition('orders-copy');
    const ends = [0, 1, 2, 3].map((partition) => world.targetLog(partition).end);
    const topic: MirrorTopic = {
      ...{ source: 'orders', target: 'orders-copy', partitions: 3, targetMaxMessageBytes: 1_048_588 },
      ...(other === undefined ? {} : { byKey: other }),
    };
    const losses = lossesOf(await world.mirror({ options: { ...goingOn, topics: [topic] } }));
    ok(losses.length === 3 && losses.every((one) => one.startsWith('partitioning ')), losses.join(', '));
    deepEqual(
      [0, 1, 2, 3].map((partition) => world.targetLog(partition).end),
      ends,
    );
  }
});

test('partitions that somebody adds at the target stop the topic', async () => {
  const world = await mirroredWorld();
  world.target.addPartition('orders-copy');
  deepEqual(lossesOf(await world.mirror()), ['partitioning 0 -> 0', 'partitioning 1 -> 1', 'partitioning 2 -> 2']);
});

test('records that go by key need transactions', async () => {
  const world = createMirrorWorld(seed, { partitions: 1, byKey });
  let said = '';
  await world.start({ options: { delivery: 'idempotent' } }).outcome.catch((error: Error) => {
    said = error.message;
  });
  equal(said, 'records go by key in transactions only');
});

test.run();
