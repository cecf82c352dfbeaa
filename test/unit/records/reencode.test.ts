import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch, buildMarker } from '../../../runner/records/build.ts';
import { CorruptBatchError } from '../../../runner/records/corrupt-batch.ts';
import { crcIsValid } from '../../../runner/records/crc.ts';
import { type Codec, codecOf, readHeader } from '../../../runner/records/header.ts';
import { type Encoded, passThrough, reencode, reencodingReason } from '../../../runner/records/reencode.ts';
import { runsMax } from '../../../runner/records/section.ts';
import { splitBatches } from '../../../runner/records/split.ts';
import { decodeAll, holds, latestOf, log, plain } from './arbitraries.ts';

const everything = { from: 0n, maxBytes: 1_000_000 };

function offsetsOf(encoded: readonly Encoded[]): bigint[] {
  return encoded.flatMap(({ runs }) =>
    runs.flatMap(({ source, length }) => Array.from({ length }, (_, index) => source + BigInt(index))),
  );
}

/** A source offset of the log or just beside one, by a number from 0 to 1. */
function placeIn(batches: readonly Buffer[], share: number): bigint {
  const offsets = decodeAll(batches).map(({ offset }) => offset);
  const place = offsets[Math.floor(share * offsets.length)] ?? 0n;
  return share > 0.5 ? place + 1n : place;
}

const share = fc.double({ min: 0, max: 0.999, noNaN: true });

test('every record from the offset on is kept, in order, and the runs say where it stood', () => {
  holds(
    fc.property(log, share, fc.integer({ min: 150, max: 4000 }), (batches, at, maxBytes) => {
      const from = placeIn(batches, at);
      const encoded = reencode(batches, { from, maxBytes });
      const wanted = decodeAll(batches).filter(({ offset }) => offset >= from);
      assert.equal(decodeAll(encoded.map(({ batch }) => batch)).map(plain), wanted.map(plain));
      assert.equal(
        offsetsOf(encoded),
        wanted.map(({ offset }) => offset),
      );
    }),
    400,
  );
});

test('a batch of very many gaps becomes several, each with so many runs that a position has room for them', () => {
  const records = Array.from({ length: 2 * runsMax + 1 }, (_, index) => ({
    key: null,
    value: Buffer.from(`${index}`),
    timestamp: 1n,
    offset: BigInt(2 * index),
  }));
  for (const codec of ['none', 'zstd'] as const) {
    const encoded = reencode([buildBatch({ records, codec })], everything);
    assert.equal(
      encoded.map(({ runs }) => runs.length),
      [runsMax, runsMax, 1],
    );
    assert.equal(
      offsetsOf(encoded),
      records.map(({ offset }) => offset),
    );
    assert.equal(
      decodeAll(encoded.map(({ batch }) => batch)).map(({ value }) => value),
      records.map(({ value }) => value),
    );
  }
});

test('what comes out is what a broker takes', () => {
  holds(
    fc.property(log, fc.integer({ min: 150, max: 4000 }), (batches, maxBytes) => {
      for (const { batch, recordCount, runs } of reencode(batches, { from: 0n, maxBytes })) {
        const header = readHeader(batch);
        assert.ok(crcIsValid(batch));
        assert.equal(splitBatches(batch).batches, [batch]);
        assert.is(header.recordCount, recordCount);
        assert.is(header.lastOffsetDelta, recordCount - 1);
        assert.is(header.timestampType, 'CreateTime');
        assert.is(header.baseOffset, 0n);
        assert.is(header.producerId, -1n);
        assert.ok(batch.length <= maxBytes || recordCount === 1);
        assert.is(
          runs.reduce((sum, run) => sum + run.length, 0),
          recordCount,
        );
        assert.is(header.maxTimestamp, latestOf(decodeAll([batch])));
        assert.is(reencodingReason(batch, { from: 0n, maxBytes: batch.length }), null);
      }
    }),
    400,
  );
});

test('a codec that the target refuses is replaced, and nothing else of a record changes', () => {
  const replacedCodecs = new Map([['zstd', 'lz4']] as const);
  holds(
    fc.property(log, (batches) => {
      const encoded = reencode(batches, { ...everything, replacedCodecs }).map(({ batch }) => batch);
      assert.ok(!encoded.some((batch) => codecOf(batch) === 'zstd'));
      assert.equal(decodeAll(encoded).map(plain), decodeAll(batches).map(plain));
      for (const batch of encoded) assert.is(reencodingReason(batch, { ...everything, replacedCodecs }), null);
    }),
  );
  const records = [{ key: null, value: Buffer.from('v'), timestamp: 1n }];
  const reasonOf = (codec: Codec) =>
    reencodingReason(buildBatch({ records, codec }), { from: 0n, maxBytes: 1_000, replacedCodecs });
  assert.equal([reasonOf('zstd'), reasonOf('gzip')], ['codec', null]);
});

test('codecs stay, and neighbours of one codec are joined', () => {
  holds(
    fc.property(log, (batches) => {
      const codecs: Codec[] = [];
      for (const batch of batches) {
        if (readHeader(batch).recordCount > 0 && codecOf(batch) !== codecs.at(-1)) {
          codecs.push(codecOf(batch));
        }
      }
      assert.equal(
        reencode(batches, everything).map(({ batch }) => codecOf(batch)),
        codecs,
      );
    }),
  );
});

test('runs are as long as they can be', () => {
  holds(
    fc.property(log, (batches) => {
      for (const { runs } of reencode(batches, everything)) {
        for (const [index, run] of runs.entries()) {
          const before = runs[index - 1];
          assert.ok(run.length > 0);
          assert.ok(before === undefined || before.source + BigInt(before.length) < run.source);
        }
      }
    }),
  );
});

test('one-record batches become one, and large compressed batches are split', () => {
  const value = Buffer.alloc(200, 'x');
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const small = Array.from({ length: 1000 }, (_, index) =>
      buildBatch({ records: [{ key: null, value, timestamp: 5n }], codec, baseOffset: BigInt(index) }),
    );
    const [joined, ...more] = reencode(small, everything);
    assert.equal(more, []);
    assert.equal(joined?.runs, [{ source: 0n, length: 1000 }]);
    const pieces = reencode([joined?.batch ?? Buffer.alloc(0)], { from: 0n, maxBytes: 1000 });
    assert.ok(pieces.every(({ batch }) => batch.length <= 1000));
    assert.is(pieces.length > 1, (joined?.batch.length ?? 0) > 1000);
    assert.is(offsetsOf(pieces).length, 1000);
  }
});

test('a batch passes as it is unless it must not', () => {
  const record = { key: null, value: Buffer.from('v'), timestamp: 9n };
  const dense = buildBatch({ records: [record, record], baseOffset: 10n });
  const options = { from: 10n, maxBytes: 1000 };
  assert.is(reencodingReason(dense, options), null);
  assert.equal(passThrough(dense), { batch: dense, recordCount: 2, runs: [{ source: 10n, length: 2 }] });
  assert.is(reencodingReason(dense, { ...options, from: 11n }), 'trim');
  assert.is(reencodingReason(dense, { ...options, maxBytes: dense.length - 1 }), 'too-large');
  const gaps = buildBatch({ records: [record, { ...record, offset: 12n }], baseOffset: 10n });
  assert.is(reencodingReason(gaps, options), 'gaps');
  assert.is(reencodingReason(buildBatch({ records: [], lastOffsetDelta: 4, baseOffset: 10n }), options), 'gaps');
  const appended = buildBatch({ records: [record], baseOffset: 10n, logAppendTime: 50n });
  assert.is(reencodingReason(appended, options), 'log-append-time');
});

test('damage is not given a fresh CRC', () => {
  const batch = buildBatch({ records: [{ key: null, value: Buffer.from('value'), timestamp: 9n }], baseOffset: 4n });
  batch[batch.length - 2] = 0;
  assert.throws(
    () => reencode([batch], everything),
    (error: unknown) => error instanceof CorruptBatchError && error.baseOffset === 4n,
  );
});

test('a control batch is a mistake of the caller', () => {
  const marker = buildMarker('COMMIT', { producerId: 1n, producerEpoch: 0, baseOffset: 1n, timestamp: 1n });
  assert.throws(() => reencode([marker], everything), /control batch/);
});

test.run();
