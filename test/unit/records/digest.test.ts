import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch, buildMarker, type NewRecord } from '../../../runner/records/build.ts';
import { computeCrc } from '../../../runner/records/crc.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { createRecordDigest, type OffsetRange } from '../../../runner/records/digest.ts';
import { fieldAt, headerBytes } from '../../../runner/records/header.ts';
import { reencode } from '../../../runner/records/reencode.ts';
import { decodeAll, holds, log, plain, record, records } from './arbitraries.ts';

function digestOf(batches: readonly Buffer[], range?: OffsetRange): { records: number; sha256: string } {
  const digest = createRecordDigest();
  for (const batch of batches) {
    digest.addBatch(batch, range);
  }
  return digest.finish();
}

test('offsets, codecs and batch boundaries do not count', () => {
  holds(
    fc.property(log, fc.integer({ min: 150, max: 4000 }), (batches, maxBytes) => {
      const anew = reencode(batches, { from: 0n, maxBytes }).map(({ batch }) => batch);
      assert.equal(digestOf(anew), digestOf(batches));
    }),
  );
});

test('records one by one give the digest of their batches', () => {
  holds(
    fc.property(log, (batches) => {
      const digest = createRecordDigest();
      for (const each of decodeAll(batches)) {
        digest.addRecord(each);
      }
      assert.equal(digest.finish(), digestOf(batches));
    }),
  );
});

test('a range takes the records with offsets in it', () => {
  holds(
    fc.property(log, fc.nat(20), fc.nat(20), (batches, start, length) => {
      const base = decodeAll(batches)[0]?.offset ?? 0n;
      const range = { from: base + BigInt(start), to: base + BigInt(start + length) };
      const digest = createRecordDigest();
      for (const each of decodeAll(batches)) {
        if (each.offset >= range.from && each.offset < range.to) {
          digest.addRecord(each);
        }
      }
      assert.equal(digestOf(batches, range), digest.finish());
    }),
  );
});

test('other records, another order: another digest', () => {
  holds(
    fc.property(records, records, (one, other) => {
      const same = JSON.stringify(one.map(readable)) === JSON.stringify(other.map(readable));
      const a = digestOf([buildBatch({ records: one })]);
      assert.is(a.sha256 === digestOf([buildBatch({ records: other })]).sha256, same);
    }),
  );
});

test('null differs from empty, and each field and header counts', () => {
  const empty = Buffer.alloc(0);
  const a = Buffer.from('a');
  const b = Buffer.from('b');
  const base: NewRecord = { key: a, value: b, timestamp: 5n };
  const pair = { key: a, value: b };
  const variants: NewRecord[] = [
    base,
    { ...base, key: null },
    { ...base, key: empty },
    { ...base, value: null },
    { ...base, value: empty },
    { ...base, key: Buffer.from('ab'), value: empty },
    { ...base, timestamp: 6n },
    { ...base, headers: [pair] },
    { ...base, headers: [pair, pair] },
    { ...base, headers: [{ ...pair, value: null }] },
    { ...base, headers: [{ ...pair, value: empty }] },
    { ...base, headers: [pair, { key: b, value: a }] },
    { ...base, headers: [{ key: b, value: a }, pair] },
  ];
  const digests = variants.map((variant) => digestOf([buildBatch({ records: [variant] })]).sha256);
  assert.is(new Set(digests).size, variants.length);
});

test('the length of a varint does not count', () => {
  const short = buildBatch({ records: [{ key: Buffer.from('k'), value: null, timestamp: 1n }] });
  // The same record with its key's length in two bytes: 82 00 for 02.
  const long = Buffer.concat([short.subarray(0, headerBytes), Buffer.from('1000000082006b0100', 'hex')]);
  long.writeInt32BE(long.length - 12, fieldAt.batchLength);
  long.writeUInt32BE(computeCrc(long), fieldAt.crc);
  assert.equal(decodeRecords(long).map(plain), decodeRecords(short).map(plain));
  assert.equal(digestOf([long]), digestOf([short]));
});

test('values larger than a chunk, and markers left out', () => {
  holds(
    fc.property(record, fc.integer({ min: 60_000, max: 200_000 }), (each, bytes) => {
      const large = { ...each, value: Buffer.alloc(bytes, 'v') };
      const marker = buildMarker('COMMIT', { producerId: 1n, producerEpoch: 0, baseOffset: 1n, timestamp: 1n });
      const together = digestOf([buildBatch({ records: [each, large, each] }), marker]);
      const digest = createRecordDigest();
      for (const one of [each, large, each]) {
        digest.addRecord({ ...one, headers: one.headers ?? [] });
      }
      assert.equal(together, digest.finish());
      assert.is(together.records, 3);
    }),
    30,
  );
});

function readable(each: NewRecord): unknown {
  return JSON.stringify(plain(each), (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
}

test.run();
