import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  exactVarlongMax,
  readVarint,
  readVarlong,
  varintBytes,
  varlongAt,
  varlongBytes,
  writeBigVarlong,
  writeVarint,
  writeVarlong,
} from '../../../runner/records/varint.ts';
import { holds } from './arbitraries.ts';

const out = Buffer.alloc(16);

test('an int32 is read as written, its length foretold', () => {
  holds(
    fc.property(fc.oneof(fc.integer(), fc.integer({ min: -300, max: 300 })), (value) => {
      const end = writeVarint(out, 0, value);
      const reader = { bytes: out, position: 0 };
      assert.is(end, varintBytes(value));
      assert.is(readVarint(reader), value);
      assert.is(reader.position, end);
    }),
    1000,
  );
});

test('an int64 is read as written, by number where exact and by bigint always', () => {
  const max = BigInt(exactVarlongMax);
  holds(
    fc.property(
      fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-max, max), fc.bigInt(-300n, 300n)),
      (value) => {
        const end = writeBigVarlong(out, 0, value);
        const reader = { bytes: out, position: 0 };
        const exact = value >= -max && value <= max;
        assert.is(varlongAt(out, 0), value);
        assert.equal(readVarlong(reader), exact ? Number(value) : Number.NaN);
        assert.is(reader.position, end);
        if (exact) {
          const bytes = out.toString('hex', 0, end);
          assert.is(varlongBytes(Number(value)), end);
          assert.is(writeVarlong(out, 0, Number(value)), end);
          assert.is(out.toString('hex', 0, end), bytes);
        }
      },
    ),
    1000,
  );
});

test("Kafka's own examples", () => {
  const examples: [number, string][] = [
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [2147483647, 'feffffff0f'],
    [-2147483648, 'ffffffff0f'],
  ];
  for (const [value, bytes] of examples) {
    assert.is(out.toString('hex', 0, writeVarint(out, 0, value)), bytes);
  }
});

test('what never ends is not a number', () => {
  const endless = Buffer.alloc(20, 0xff);
  assert.equal(readVarint({ bytes: endless, position: 0 }), Number.NaN);
  assert.equal(readVarlong({ bytes: endless, position: 0 }), Number.NaN);
  assert.is(varlongAt(endless, 0), null);
});

test.run();
