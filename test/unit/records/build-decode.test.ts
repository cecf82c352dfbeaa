import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch, buildMarker } from '../../../runner/records/build.ts';
import { crcIsValid } from '../../../runner/records/crc.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { lastOffsetOf, readHeader } from '../../../runner/records/header.ts';
import { codec, holds, latestOf, log, plain, records, stamp } from './arbitraries.ts';

test('what is built decodes to the same records', () => {
  holds(
    fc.property(records, codec, fc.bigInt(0n, 2n ** 62n), (wanted, chosen, baseOffset) => {
      const decoded = decodeRecords(buildBatch({ records: wanted, codec: chosen, baseOffset }));
      assert.equal(decoded.map(plain), wanted.map(plain));
      assert.equal(
        decoded.map(({ offset }) => offset),
        wanted.map((_, index) => baseOffset + BigInt(index)),
      );
    }),
  );
});

test('the header says what was built', () => {
  holds(
    fc.property(records, codec, stamp, (wanted, chosen, identity) => {
      const header = readHeader(buildBatch({ records: wanted, codec: chosen, baseOffset: 7n, stamp: identity }));
      const { producerId, producerEpoch, baseSequence, transactional } = header;
      assert.equal({ producerId, producerEpoch, baseSequence, transactional }, identity);
      assert.is(header.baseOffset, 7n);
      assert.is(header.codec, chosen);
      assert.is(header.timestampType, 'CreateTime');
      assert.is(header.recordCount, wanted.length);
      assert.is(header.lastOffsetDelta, wanted.length - 1);
      assert.is(header.baseTimestamp, wanted[0]?.timestamp);
      assert.is(header.maxTimestamp, latestOf(wanted));
      assert.not(header.control);
      assert.not(header.hasDeleteHorizon);
    }),
  );
});

test('batches of a log have a valid CRC, and their records stand within their offsets', () => {
  holds(
    fc.property(log, (batches) => {
      for (const batch of batches) {
        assert.ok(crcIsValid(batch));
        const header = readHeader(batch);
        for (const { offset, timestamp } of decodeRecords(batch)) {
          assert.ok(offset >= header.baseOffset && offset <= lastOffsetOf(batch));
          assert.ok(header.timestampType === 'CreateTime' || timestamp === header.maxTimestamp);
        }
      }
    }),
  );
});

test('a minimal batch is these bytes', () => {
  const batch = buildBatch({ records: [{ key: Buffer.from('k'), value: null, timestamp: 1000n }], baseOffset: 5n });
  const expected = [
    '0000000000000005', // base offset
    '00000039', // 57 bytes follow
    'ffffffff', // no leader epoch
    '02', // magic
    'b27ef302', // CRC-32C, computed bit by bit elsewhere
    '0000', // attributes
    '00000000', // last offset delta
    '00000000000003e8', // base timestamp
    '00000000000003e8', // max timestamp
    'ffffffffffffffff', // no producer id
    'ffff', // no epoch
    'ffffffff', // no sequence
    '00000001', // records
    '0e', // a record of 7 bytes
    '000000', // attributes, timestamp delta, offset delta
    '026b', // key of 1 byte
    '01', // value null
    '00', // no headers
  ];
  assert.is(batch.toString('hex'), expected.join(''));
});

test('a marker is a control batch of one record with an int16 version and type', () => {
  const batch = buildMarker('COMMIT', { producerId: 9n, producerEpoch: 3, baseOffset: 40n, timestamp: 5n });
  const header = readHeader(batch);
  assert.ok(header.control && header.transactional);
  assert.is(header.producerId, 9n);
  assert.is(decodeRecords(batch)[0]?.key?.toString('hex'), '00000001');
});

test.run();
