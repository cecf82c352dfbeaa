import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { LogReader } from '../../../runner/engines/native/ports.ts';
import { readStored } from '../../../runner/engines/native/positions.ts';
import { readByKeyTopics } from '../../../runner/groups/read-by-key.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { openBatch } from '../../../runner/records/open.ts';
import { nextRecord, openCursor } from '../../../runner/records/record-cursor.ts';
import type { WholeByKeyComparison } from '../../../runner/verify/by-key-comparison.ts';
import { createByKeyTally, keysOutOfOrder } from '../../../runner/verify/by-key-tally.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { verifyByKey } from '../../../runner/verify/verify-by-key.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createMirrorWorld, type MirrorWorld, positionsTopic, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { deleteBefore, isCommitted, type StoredBatch } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const byKey = { hash: 'murmur2', partitions: 4 } as const;

async function mirroredWorld(partitions = 3): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions, byKey });
  for (let round = 0; round < 4; round += 1) {
    writeFinished(world, 60);
    equal((await world.mirror()).result, 'caught-up');
    await world.clock.run(world.clock.sleep(2_000));
  }
  return world;
}

function verified(world: MirrorWorld): Promise<WholeByKeyComparison> {
  const process = createProcess(world.clock, world.random);
  const source: LogReader = process.connect(world.source, noFaults);
  const target: LogReader = process.connect(world.target, noFaults);
  const { clock } = process;
  const config = { inherit: 'none', exclude: [], set: {} } as const;
  const sizes = { sourcePartitions: world.partitions, partitions: 4, replicationFactor: 1, config, byKey: byKey.hash };
  const flow = { topics: [{ source: 'orders', target: 'orders-copy', ...sizes }] };
  const run = async () => {
    const stored = await readStored(target, positionsTopic, 'old-to-new', clock);
    const topic = (await readByKeyTopics({ flow, source, target, stored, clock })).get('orders');
    if (topic === undefined) throw new Error('nothing is known of the topic');
    return verifyByKey(
      { source, target, clock, memory: createMemory(2 ** 27), onRecords: () => {} },
      topic,
      byKey.hash,
    );
  };
  return world.clock.run(run());
}

/** A committed batch with a key that comes twice, and the target partition that it stands in. */
function someBatch(world: MirrorWorld): { readonly batch: StoredBatch; readonly partition: number } {
  for (let partition = 0; partition < byKey.partitions; partition += 1) {
    const batch = world.targetLog(partition).batches.find((one) => {
      if (one.kind === 'marker' || !isCommitted(one)) return false;
      const keys = decodeRecords(one.bytes).flatMap(({ key }) => (key === null ? [] : [key.toString('latin1')]));
      return new Set(keys).size < keys.length;
    });
    if (batch !== undefined) return { batch, partition };
  }
  throw new Error('no such batch');
}

/** Puts other records into a batch of the target, as many as before. */
function change(
  batch: StoredBatch,
  how: (records: ReturnType<typeof decodeRecords>) => ReturnType<typeof decodeRecords>,
): void {
  const stamp = { producerId: batch.producerId, producerEpoch: 0, baseSequence: 0, transactional: true };
  const records = how(decodeRecords(batch.bytes)).map((one, index) => ({ ...one, offset: batch.base + BigInt(index) }));
  batch.bytes = buildBatch({ records, baseOffset: batch.base, stamp });
}

test('what was mirrored is equal, in every partition and in order', async () => {
  const world = await mirroredWorld();
  const found = await verified(world);
  deepEqual([found.differing, found.keysOutOfOrder, found.orderShare, found.overtaken], [[], 0, 1, false]);
  equal(found.sourceDigest, found.targetDigest);
  ok(found.records > 100n);
  const again = await verified(world);
  equal(again.sourceDigest, found.sourceDigest);
});

test('what retention deleted on either side is in neither range', async () => {
  const world = await mirroredWorld();
  const { records } = await verified(world);
  deleteBefore(world.sourceLog(0), world.sourceLog(0).end / 3n);
  const left = await verified(world);
  ok(left.records < records);
  deepEqual([left.differing, left.keysOutOfOrder], [[], 0]);
  deleteBefore(world.targetLog(1), world.targetLog(1).end / 2n);
  deepEqual((await verified(world)).differing, []);
});

test('one byte, one record more or less, or one in another partition is found where it is', async () => {
  const world = await mirroredWorld();
  const { batch, partition } = someBatch(world);
  const { bytes } = batch;
  change(batch, ([first, ...others]) =>
    first === undefined ? [] : [{ ...first, value: Buffer.from('other') }, ...others],
  );
  deepEqual(
    (await verified(world)).differing.map((one) => one.partition),
    [partition],
  );
  batch.bytes = bytes;
  change(batch, (records) => records.map((one, index) => (index === 1 ? (records[0] ?? one) : one)));
  const doubled = await verified(world);
  deepEqual(
    doubled.differing.map(({ partition: at, wanted, found }) => [at, wanted === found]),
    [[partition, true]],
  );
  batch.bytes = bytes;
  const log = world.targetLog(partition);
  log.batches = log.batches.filter((one) => one !== batch);
  const [missing] = (await verified(world)).differing;
  equal(missing?.partition, partition);
  equal((missing?.wanted ?? 0) - (missing?.found ?? 0), decodeRecords(bytes).length);
});

test('records of one key that change places are found, though the content is the same', async () => {
  const world = await mirroredWorld(1);
  const { batch } = someBatch(world);
  change(batch, (records) => records.toReversed());
  const found = await verified(world);
  deepEqual(found.differing, []);
  ok(found.keysOutOfOrder > 0);
  ok(found.sourceDigest === found.targetDigest);
});

test('with more keys than memory a share of them is followed, the same on both sides', () => {
  const keys = Array.from({ length: 3_000 }, (_, index) => ({
    key: Buffer.from(`${index % 1_000}`),
    value: Buffer.from(`${index}`),
    timestamp: 1n,
  }));
  const tally = (records: typeof keys, below?: number) => {
    const all = createByKeyTally(1, below, 100);
    const cursor = openCursor(openBatch(buildBatch({ records })));
    while (nextRecord(cursor)) all.add(cursor, 0, 0);
    return all;
  };
  const source = tally(keys);
  ok(source.keys.size > 20 && source.keys.size <= 100);
  const target = tally(keys, source.followedBelow);
  deepEqual([...target.keys.keys()], [...source.keys.keys()]);
  equal(keysOutOfOrder(source, target), 0);
  equal(keysOutOfOrder(source, tally(keys.toReversed(), source.followedBelow)), source.keys.size);
});

test.run();
