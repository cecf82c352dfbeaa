import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { quietEnd } from '../../../runner/groups/quiet-end.ts';
import { buildBatch, buildMarker } from '../../../runner/records/build.ts';
import { countingClock, onlyTopic, type PartitionLog, readerOf } from '../verify/partition-log.ts';

const record = { key: null, value: Buffer.from('v'), timestamp: 0n };
const data = (baseOffset: bigint) => buildBatch({ records: [record, record], baseOffset });
const aborted = (baseOffset: bigint) =>
  buildBatch({
    records: [record, record],
    baseOffset,
    stamp: { producerId: 5n, producerEpoch: 0, baseSequence: 0, transactional: true },
  });
const marker = (type: 'COMMIT' | 'ABORT', baseOffset: bigint) =>
  buildMarker(type, { producerId: 5n, producerEpoch: 0, baseOffset, timestamp: 0n });

function endOf(log: PartitionLog, from: bigint): Promise<bigint> {
  return quietEnd(readerOf(log), { topic: onlyTopic, partition: 0 }, { from, to: log.end }, countingClock());
}

test('over markers and aborted records it goes to the end', async () => {
  const batches = [data(0n), marker('COMMIT', 2n), aborted(3n), marker('ABORT', 5n)];
  const log = { batches, start: 0n, end: 6n, aborted: [{ producerId: 5n, firstOffset: 3n }] };
  assert.is(await endOf(log, 2n), 6n);
  assert.is(await endOf(log, 6n), 6n);
});

test('it stops at the first record of anybody', async () => {
  const batches = [data(0n), marker('COMMIT', 2n), data(3n), marker('COMMIT', 5n)];
  assert.is(await endOf({ batches, start: 0n, end: 6n }, 2n), 3n);
});

test('it never answers below where it began, in the middle of a batch either', async () => {
  assert.is(await endOf({ batches: [data(0n)], start: 0n, end: 2n }, 1n), 1n);
});

test.run();
