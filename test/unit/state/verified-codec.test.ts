import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePositionKey } from '../../../src/state/position-codec.ts';
import {
  decodeVerified,
  encodeVerified,
  isVerifiedKeyOf,
  type VerifiedRecord,
  verifiedKey,
  verifiedOwner,
  verifiedRecordVersion,
} from '../../../src/state/verified-codec.ts';

const offset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const epochs = fc.nat({ max: 2 ** 31 - 1 });
const places = fc.record(
  { topic: fc.string({ minLength: 1 }), topicId: fc.uuid(), partition: fc.nat(10_000) },
  { noNullPrototype: true },
);
const records: fc.Arbitrary<VerifiedRecord> = fc.record(
  {
    v: fc.constant(verifiedRecordVersion),
    flow: fc.string({ minLength: 1 }),
    source: places,
    target: places,
    fromSource: offset,
    fromTarget: offset,
    nextSource: offset,
    nextTarget: offset,
    sourceEpoch: epochs,
    targetEpoch: epochs,
    digest: fc.string({ minLength: 64, maxLength: 64, unit: fc.constantFrom(...'0123456789abcdef') }),
    records: offset,
    cleaned: offset,
    at: fc.constant('2026-11-26T01:00:00.000Z'),
  },
  { noNullPrototype: true },
);

test('a record is what it was after writing and reading it, 64 bits too', () => {
  fc.assert(fc.property(records, (record) => assert.equal(decodeVerified(encodeVerified(record)), { record })));
});

test('its key names the flow, and is none that positions are read from', () => {
  fc.assert(
    fc.property(records, (record) => {
      const key = verifiedKey(verifiedOwner(record));
      assert.ok(isVerifiedKeyOf(record.flow, key));
      assert.not.ok(isVerifiedKeyOf(`${record.flow}x`, key));
      assert.is(parsePositionKey(key), null);
    }),
  );
});

test('a record of a newer kplan, and one that is none, are told apart and never used', () => {
  const [record] = fc.sample(records, 1);
  assert.ok(record);
  const value = JSON.parse(encodeVerified(record));
  assert.equal(decodeVerified(JSON.stringify({ ...value, v: verifiedRecordVersion + 1 })), { problem: 'newer' });
  for (const broken of [{ nextSource: 5 }, { digest: 'x' }, { source: {} }, { sourceEpoch: -1 }, { at: undefined }]) {
    assert.equal(decodeVerified(JSON.stringify({ ...value, ...broken })), { problem: 'broken' });
  }
  assert.equal(decodeVerified('[]'), { problem: 'broken' });
  assert.equal(decodeVerified('{'), { problem: 'broken' });
});

test.run();
