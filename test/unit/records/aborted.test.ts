import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { committedBatches, committedFilter, controlTypeOf } from '../../../runner/records/aborted.ts';
import { buildBatch, buildMarker } from '../../../runner/records/build.ts';
import { baseOffsetOf } from '../../../runner/records/header.ts';

function data(baseOffset: bigint, producerId: bigint, transactional = true): Buffer {
  const record = { key: null, value: Buffer.from('v'), timestamp: 1n };
  const stamp = { producerId, producerEpoch: 0, baseSequence: 0, transactional };
  return buildBatch({ records: [record, record], baseOffset, stamp });
}

function marker(type: 'COMMIT' | 'ABORT', baseOffset: bigint, producerId: bigint): Buffer {
  return buildMarker(type, { producerId, producerEpoch: 0, baseOffset, timestamp: 1n });
}

test('of interleaved transactions the aborted ones go, up to their markers', () => {
  const batches = [
    data(10n, 1n),
    data(12n, 2n),
    data(14n, -1n, false),
    data(16n, 1n),
    marker('ABORT', 18n, 1n),
    data(19n, 1n),
    marker('COMMIT', 21n, 2n),
    data(22n, 2n),
    marker('COMMIT', 24n, 1n),
    marker('ABORT', 25n, 2n),
    data(26n, 2n, false),
  ];
  const aborted = [
    { producerId: 2n, firstOffset: 22n },
    { producerId: 1n, firstOffset: 10n },
  ];
  const fateOf = committedFilter(aborted);
  assert.equal(batches.map(fateOf), [
    'aborted',
    'data',
    'data',
    'aborted',
    'control',
    'data',
    'control',
    'aborted',
    'control',
    'control',
    'data',
  ]);
  assert.equal(committedBatches(batches, aborted).map(baseOffsetOf), [12n, 14n, 19n, 26n]);
});

test('a transaction that began before the fetch is aborted too', () => {
  assert.equal(committedBatches([data(50n, 1n)], [{ producerId: 1n, firstOffset: 3n }]), []);
});

test('a COMMIT marker does not end an abort of the same producer', () => {
  const batches = [data(1n, 1n), marker('COMMIT', 3n, 2n), data(4n, 1n)];
  assert.equal(committedBatches(batches, [{ producerId: 1n, firstOffset: 1n }]), []);
});

test('markers whose record was compacted away end nothing', () => {
  const empty = buildBatch({ records: [], control: true, lastOffsetDelta: 0 });
  assert.is(controlTypeOf(empty), 'other');
  assert.is(controlTypeOf(marker('ABORT', 1n, 1n)), 'ABORT');
  assert.is(controlTypeOf(marker('COMMIT', 1n, 1n)), 'COMMIT');
});

test.run();
