import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch, buildMarker } from '../../../runner/records/build.ts';
import { CorruptBatchError } from '../../../runner/records/corrupt-batch.ts';
import { type Codec, codecOf, headerBytes, recordCountOf } from '../../../runner/records/header.ts';
import { partitionOfKey } from '../../../runner/records/key-hash.ts';
import { openScatter } from '../../../runner/records/scatter.ts';
import { decodeAll, holds, log, plain } from './arbitraries.ts';

const targets = 3;
const targetOf = (key: Buffer | null) => (key === null ? 1 : partitionOfKey('murmur2', key, targets));

test('every record goes to the target of its key, once and in order, unchanged', () => {
  holds(
    fc.property(log, fc.integer({ min: 150, max: 4000 }), fc.boolean(), (batches, maxBytes, replaces) => {
      const replacedCodecs = new Map<Codec, Codec>(replaces ? [['zstd', 'lz4']] : []);
      const codecFor = (stored: Codec) => replacedCodecs.get(stored) ?? stored;
      const dense = batches.filter((one) => recordCountOf(one) > 0);
      const from = decodeAll(dense)[1]?.offset ?? 0n;
      const taken: Buffer[] = [];
      const arrived = Array.from({ length: targets }, () => [] as Buffer[]);
      for (let left = dense; left.length > 0; ) {
        const scatter = openScatter({ from, maxBytes, replacedCodecs, targetOf });
        const count = left.findIndex((one) => !scatter.add([one]));
        const now = count < 0 ? left : left.slice(0, count);
        assert.ok(now.length > 0);
        assert.is(new Set(now.map(codecOf)).size, 1);
        taken.push(...now);
        left = left.slice(now.length);
        const last = decodeAll(now).at(-1)?.offset ?? -1n;
        assert.is(scatter.recordsEnd, last < from ? null : last + 1n);
        for (const [target, encoded] of scatter.encode()) {
          for (const { batch, recordCount, runs } of encoded) {
            assert.is(codecOf(batch), codecFor(codecOf(now[0] ?? batch)));
            assert.is(recordCount, recordCountOf(batch));
            assert.equal(runs, []);
            assert.ok(batch.length <= maxBytes || recordCount === 1);
            arrived[target]?.push(batch);
          }
        }
      }
      assert.is(taken.length, dense.length);
      const wanted = decodeAll(dense).filter(({ offset }) => offset >= from);
      for (const [target, own] of arrived.entries()) {
        const ofTarget = wanted.filter(({ key }) => targetOf(key) === target);
        assert.equal(decodeAll(own).map(plain), ofTarget.map(plain));
      }
    }),
    400,
  );
});

function batchOf(count: number, baseOffset: bigint, codec: 'none' | 'gzip' = 'none'): Buffer {
  const records = Array.from({ length: count }, (_, index) => ({
    key: Buffer.from(`${index % 10}`),
    value: Buffer.from(`value ${index}`),
    timestamp: 1n,
  }));
  return buildBatch({ records, baseOffset, codec });
}

test('many small batches become one for each target', () => {
  for (const codec of ['none', 'gzip'] as const) {
    const scatter = openScatter({ from: 0n, maxBytes: 1_000_000, targetOf });
    for (let index = 0; index < 200; index += 1) assert.ok(scatter.add([batchOf(10, BigInt(index * 10), codec)]));
    const encoded = scatter.encode();
    assert.is(encoded.size, targets);
    assert.ok([...encoded.values()].every((one) => one.length === 1));
  }
});

test('a damaged batch is refused before any of its records is taken, and thrown where it is the first', () => {
  const damaged = batchOf(10, 10n);
  damaged[headerBytes + 20] = (damaged[headerBytes + 20] ?? 0) ^ 1;
  const scatter = openScatter({ from: 0n, maxBytes: 1_000_000, targetOf });
  assert.throws(
    () => scatter.add([damaged]),
    (error: unknown) => error instanceof CorruptBatchError && error.baseOffset === 10n,
  );
  assert.ok(scatter.add([batchOf(10, 0n)]));
  assert.not(scatter.add([damaged]));
  assert.is(scatter.recordsEnd, 10n);
  assert.is(
    [...scatter.encode().values()].flat().reduce((sum, one) => sum + one.recordCount, 0),
    10,
  );
});

test('a marker is never taken apart', () => {
  const marker = buildMarker('COMMIT', { producerId: 1n, producerEpoch: 0, baseOffset: 0n, timestamp: 1n });
  assert.throws(() => openScatter({ from: 0n, maxBytes: 1_000, targetOf }).add([marker]), /control batch/);
});

test.run();
