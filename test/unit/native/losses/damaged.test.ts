import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import { attributeBits, fieldAt } from '../../../../runner/records/header.ts';
import { expectMirrored } from '../../../simulation/compare.ts';
import { lossesOf } from '../../../simulation/losses-of.ts';
import { createMirrorWorld, type MirrorWorld } from '../../../simulation/mirror-world.ts';
import { seedOfRun } from '../../../simulation/random.ts';
import { appendStored, recordsOf } from '../../../simulation/simulated-partition.ts';
import { plainBatch } from './mirrored-world.ts';

const seed = seedOfRun();

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
