import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch } from '../../../runner/records/build.ts';
import { CorruptBatchError } from '../../../runner/records/corrupt-batch.ts';
import { splitBatches } from '../../../runner/records/split.ts';
import { holds, log } from './arbitraries.ts';

const one = buildBatch({ records: [{ key: null, value: Buffer.from('v'), timestamp: 1n }], baseOffset: 3n });

test('batches come out as they went in, cut anywhere', () => {
  holds(
    fc.property(log, fc.nat(), (batches, cutSeed) => {
      const field = Buffer.concat(batches);
      const cut = field.subarray(0, cutSeed % (field.length + 1));
      const split = splitBatches(cut);
      const whole = split.batches.reduce((sum, batch) => sum + batch.length, 0);
      assert.equal(split.batches, batches.slice(0, split.batches.length));
      assert.is(whole + split.cutBytes, cut.length);
      assert.ok(split.cutBytes < (batches[split.batches.length]?.length ?? 1));
    }),
  );
});

test('batches are views, not copies', () => {
  const field = Buffer.concat([one, one]);
  const [first, second] = splitBatches(field).batches;
  assert.is(first?.buffer, field.buffer);
  assert.is(second?.byteOffset, field.byteOffset + one.length);
});

test('an impossible length or magic throws with the base offset', () => {
  for (const length of [-1, -2_147_483_648, 0, 48]) {
    const bad = Buffer.from(one);
    bad.writeInt32BE(length, 8);
    assert.throws(
      () => splitBatches(bad),
      (error: unknown) => error instanceof CorruptBatchError && error.baseOffset === 3n,
    );
  }
  const bad = Buffer.from(one);
  bad.writeInt8(3, 16);
  assert.throws(
    () => splitBatches(bad),
    (error: unknown) => error instanceof CorruptBatchError,
  );
});

test('a length beyond the end is a cut batch', () => {
  const bad = Buffer.from(one);
  bad.writeInt32BE(2_147_483_647, 8);
  assert.equal(splitBatches(bad), { batches: [], cutBytes: bad.length });
});

test.run();
