import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { computeCrc, crcIsValid } from '../../../runner/records/crc.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { fieldAt, headerBytes, readHeader } from '../../../runner/records/header.ts';
import { nextSequence, restamp } from '../../../runner/records/restamp.ts';
import { holds, log, plain, stamp } from './arbitraries.ts';

test('the patched CRC is the computed one, for bodies of any length', () => {
  holds(
    fc.property(fc.oneof(fc.nat(300), fc.nat(3_000_000)), fc.nat(255), stamp, (bodyBytes, fill, identity) => {
      const batch = Buffer.alloc(headerBytes + bodyBytes, fill);
      batch.writeUInt32BE(computeCrc(batch), fieldAt.crc);
      restamp(batch, identity);
      assert.is(batch.readUInt32BE(fieldAt.crc), computeCrc(batch));
    }),
    100,
  );
});

test('a restamped batch is ours, and its records are the same', () => {
  holds(
    fc.property(log, stamp, (batches, identity) => {
      for (const source of batches) {
        const batch = Buffer.from(source);
        batch.writeInt16BE(batch.readInt16BE(fieldAt.attributes) | 0x60, fieldAt.attributes);
        batch.writeUInt32BE(computeCrc(batch), fieldAt.crc);
        restamp(batch, identity);
        assert.ok(crcIsValid(batch));
        const before = readHeader(source);
        assert.equal(readHeader(batch), {
          ...before,
          ...identity,
          baseOffset: 0n,
          leaderEpoch: -1,
          crc: computeCrc(batch),
          attributes: (before.attributes & 0b1111) | (identity.transactional ? 0x10 : 0),
        });
        assert.equal(decodeRecords(batch).map(plain), decodeRecords(source).map(plain));
      }
    }),
  );
});

test('damage from before stays visible', () => {
  holds(
    fc.property(log, stamp, fc.nat(), fc.integer({ min: 1, max: 255 }), ([source], identity, place, flip) => {
      const batch = Buffer.from(source ?? Buffer.alloc(0));
      const at = headerBytes + (place % Math.max(batch.length - headerBytes, 1));
      if (at < batch.length) {
        batch[at] = (batch[at] ?? 0) ^ flip;
        restamp(batch, identity);
        assert.not(crcIsValid(batch));
      }
    }),
  );
});

test('sequences go on with 0 after 2^31 - 1', () => {
  assert.is(nextSequence(5, 3), 8);
  assert.is(nextSequence(2 ** 31 - 1, 1), 0);
  assert.is(nextSequence(2 ** 31 - 3, 5), 2);
});

test.run();
