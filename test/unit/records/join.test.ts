import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch, type NewRecord } from '../../../runner/records/build.ts';
import { joinPlain } from '../../../runner/records/join.ts';
import { recordBuffers } from '../../../runner/records/record-buffers.ts';
import { reencode } from '../../../runner/records/reencode.ts';
import { splitBatches } from '../../../runner/records/split.ts';
import { isStretch, recordsOfStretch, type StretchLimits } from '../../../runner/records/stretch.ts';
import { holds, log, record, stamp } from './arbitraries.ts';

const limits: StretchLimits = { batchBytesBelow: 3_000, bytesMax: 10_000, transactional: true };
const buffers = recordBuffers(1_000_000);
const everything = { from: 0n, maxBytes: 1_000_000 };

/** Small batches as producers write them, offset after offset. */
const plainLog = fc
  .record({
    start: fc.oneof(fc.bigInt(0n, 2n ** 40n), fc.bigInt(2n ** 32n - 5n, 2n ** 32n + 5n)),
    batches: fc.array(
      fc.record({
        records: fc.array(record, { minLength: 1, maxLength: 3 }),
        stamp: fc.option(stamp, { nil: undefined }),
      }),
      { minLength: 1, maxLength: 30 },
    ),
  })
  .map(({ start, batches }) => {
    let baseOffset = start;
    return batches.map(({ records, stamp: by }) => {
      const batch = buildBatch({ records, baseOffset, ...(by === undefined ? {} : { stamp: by }) });
      baseOffset += BigInt(records.length);
      return batch;
    });
  });

function singles(parts: readonly Buffer[]): Buffer[] {
  return parts.flatMap((part) => splitBatches(part).batches);
}

test('stretches are the same batches, and only such as may be handled as one', () => {
  holds(
    fc.property(fc.oneof(log, plainLog), fc.boolean(), (batches, transactional) => {
      const parts = splitBatches(Buffer.concat(batches), { ...limits, transactional }).batches;
      assert.equal(singles(parts), batches);
      for (const stretch of parts.filter(isStretch)) {
        assert.ok(stretch.length <= limits.bytesMax);
        const within = splitBatches(stretch).batches;
        let next = within[0]?.readBigInt64BE(0) ?? 0n;
        for (const batch of within) {
          assert.ok(batch.length < limits.batchBytesBelow);
          assert.is(batch.readBigInt64BE(0), next);
          assert.is(batch.readInt16BE(21) & (transactional ? ~0x10 : ~0), 0);
          next += BigInt(batch.readInt32BE(57));
        }
        assert.is(BigInt(recordsOfStretch(stretch)), next - (within[0]?.readBigInt64BE(0) ?? 0n));
      }
    }),
    400,
  );
});

test('joining by the short way gives the bytes that encoding again gives, or nothing', () => {
  holds(
    fc.property(
      fc.oneof(log, plainLog),
      fc.integer({ min: 100, max: 20_000 }),
      fc.bigInt(0n, 20n),
      (batches, maxBytes, above) => {
        const from = (batches[0]?.readBigInt64BE(0) ?? 0n) - 10n + above;
        const parts = splitBatches(Buffer.concat(batches), limits).batches;
        const joined = joinPlain(parts, { from, maxBytes }, buffers);
        if (joined !== null) assert.equal([joined], reencode(batches, { from, maxBytes }));
      },
    ),
    600,
  );
});

test('what producers write today takes the short way', () => {
  const records: NewRecord[] = [{ key: null, value: Buffer.from('v'), timestamp: 1_763_000_000_000n }];
  const batches = Array.from({ length: 100 }, (_, index) => buildBatch({ records, baseOffset: BigInt(index) }));
  const parts = splitBatches(Buffer.concat(batches), limits).batches;
  assert.is(parts.length, 1);
  const joined = joinPlain(parts, everything, buffers);
  assert.is(joined?.recordCount, 100);
  assert.equal(joined?.runs, [{ source: 0n, length: 100 }]);
});

test('a batch that is damaged anywhere is left to the way that throws', () => {
  holds(
    fc.property(plainLog, fc.nat(), fc.integer({ min: 0, max: 7 }), (batches, place, bit) => {
      const field = Buffer.concat(batches);
      const at = place % field.length;
      field[at] = (field[at] ?? 0) ^ (1 << bit);
      // Bytes that no CRC covers say where a batch begins, how long it is and its leader epoch; 17 to 20 are the CRC.
      const within = batches.map((batch) => batch.length);
      let offset = at;
      for (const length of within) {
        if (offset < length) break;
        offset -= length;
      }
      if (offset < 17) return;
      const joined = joinPlain([field], everything, buffers);
      assert.is(joined, null);
    }),
    400,
  );
});

test.run();
