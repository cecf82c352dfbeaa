import { createRecordsBatch, Reader, readRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch, type NewRecord } from '../../../runner/records/build.ts';
import { crcIsValid } from '../../../runner/records/crc.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { codec, holds, plain, records } from './arbitraries.ts';

/** Another implementation of the format, to have no mistake twice. */
test('@platformatic/kafka reads what we build', () => {
  holds(
    fc.property(records, codec, (wanted, chosen) => {
      const read = readRecordsBatch(Reader.from(buildBatch({ records: wanted, codec: chosen, baseOffset: 44n })));
      const seen = read.records.map(({ key, value, headers, timestampDelta }) => ({
        key,
        value,
        headers: headers.map(([headerKey, headerValue]) => ({ key: headerKey ?? Buffer.alloc(0), value: headerValue })),
        timestamp: BigInt.asIntN(64, read.firstTimestamp + timestampDelta),
      }));
      assert.is(read.firstOffset, 44n);
      assert.equal(seen.map(plain), wanted.map(plain));
    }),
  );
});

test('we read what @platformatic/kafka builds', () => {
  holds(
    fc.property(records, codec, (wanted, chosen) => {
      const writable = wanted.map(asItsWriterTakes);
      const written = createRecordsBatch(
        writable.map(({ key, value, headers, timestamp }) => ({
          topic: 't',
          ...(key === null ? {} : { key }),
          value: value ?? Buffer.alloc(0),
          headers: new Map((headers ?? []).map((each) => [each.key, each.value ?? Buffer.alloc(0)])),
          timestamp,
        })),
        { compression: chosen },
      );
      const batch = Buffer.from(written.buffer);
      assert.ok(crcIsValid(batch));
      assert.equal(decodeRecords(batch).map(plain), writable.map(plain));
    }),
  );
});

/** Its types know no null value, and its zigzag is wrong below -2^31: timestamp deltas stay within int32. */
function asItsWriterTakes(record: NewRecord): NewRecord {
  const headers = (record.headers ?? []).map(({ key, value }) => ({ key, value: value ?? Buffer.alloc(0) }));
  const timestamp = 1_763_000_000_000n + (record.timestamp % 1_000_000_000n);
  return { ...record, headers, value: record.value ?? Buffer.alloc(0), timestamp };
}

test.run();
