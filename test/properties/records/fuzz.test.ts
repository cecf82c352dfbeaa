import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { controlTypeOf } from '../../../runner/records/aborted.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { CorruptBatchError } from '../../../runner/records/corrupt-batch.ts';
import { computeCrc } from '../../../runner/records/crc.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { createRecordDigest } from '../../../runner/records/digest.ts';
import { fieldAt, headerBytes, isControl } from '../../../runner/records/header.ts';
import { reencode } from '../../../runner/records/reencode.ts';
import { splitBatches } from '../../../runner/records/split.ts';
import { codec, holds, log, records } from '../../unit/records/arbitraries.ts';

/** Every way in; each must come to an end with a result or a CorruptBatchError. */
function readEverything(field: Buffer): void {
  for (const batch of tolerant(() => splitBatches(field).batches) ?? []) {
    const decoded = tolerant(() => decodeRecords(batch));
    tolerant(() => createRecordDigest().addBatch(batch));
    if (isControl(batch)) {
      tolerant(() => controlTypeOf(batch));
    } else {
      const encoded = tolerant(() => reencode([batch], { from: 3n, maxBytes: 500 }));
      assert.ok(decoded === undefined || encoded !== undefined, 'what decodes can be encoded again');
    }
  }
}

function tolerant<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CorruptBatchError) {
      return undefined;
    }
    throw error;
  }
}

/** With a right CRC, so that the damage gets past it. */
function resealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(computeCrc(batch), fieldAt.crc);
  return batch;
}

const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff))), {
  minLength: 1,
  maxLength: 6,
});

test('changed bytes with a right CRC', () => {
  holds(
    fc.property(records, codec, edits, (wanted, chosen, changes) => {
      const batch = buildBatch({ records: wanted, codec: chosen, baseOffset: 3n });
      for (const [at, byte] of changes) {
        batch[fieldAt.attributes + (at % (batch.length - fieldAt.attributes))] = byte;
      }
      readEverything(resealed(batch));
    }),
    2000,
  );
});

test('changed records alone, uncompressed', () => {
  holds(
    fc.property(records, edits, (wanted, changes) => {
      const batch = buildBatch({ records: wanted, baseOffset: 3n });
      for (const [at, byte] of changes) {
        batch[headerBytes + (at % (batch.length - headerBytes))] = byte;
      }
      readEverything(resealed(batch));
    }),
    2000,
  );
});

test('noise behind a right header', () => {
  holds(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.integer(),
      fc.nat(4),
      fc.nat(2000),
      (noise, count, number, last) => {
        const batch = Buffer.concat([buildBatch({ records: [] }), noise]);
        batch.writeInt32BE(batch.length - 12, fieldAt.batchLength);
        batch.writeInt32BE(count, fieldAt.recordCount);
        batch.writeInt32BE(last, fieldAt.lastOffsetDelta);
        batch.writeInt16BE(number, fieldAt.attributes);
        readEverything(resealed(batch));
      },
    ),
    2000,
  );
});

test('noise, and logs with changed bytes', () => {
  holds(
    fc.property(fc.uint8Array({ maxLength: 400 }), log, edits, (noise, batches, changes) => {
      readEverything(Buffer.from(noise));
      const field = Buffer.concat(batches);
      for (const [at, byte] of changes) {
        field[at % field.length] = byte;
      }
      readEverything(field);
    }),
    1000,
  );
});

test('what stands outside the view is never read', () => {
  const inner = buildBatch({ records: [{ key: null, value: Buffer.alloc(50), timestamp: 1n }], baseOffset: 3n });
  const around = Buffer.concat([Buffer.alloc(99, 0xee), inner, Buffer.alloc(99, 0xee)]);
  const view = around.subarray(99, 99 + inner.length);
  // A value that says to be 10 bytes longer than the record.
  view[inner.length - 53] = 120;
  assert.throws(
    () => decodeRecords(resealed(view)),
    (error: unknown) => error instanceof CorruptBatchError,
  );
});

test.run();
