import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fillPartition } from '../../../runner/groups/fill-spans.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { translate, translateBack } from '../../../src/offset-map/translate.ts';
import { countingClock, onlyTopic, type PartitionLog, readerOf } from '../verify/partition-log.ts';

const place = { topic: onlyTopic, partition: 0 };

/** A hundred records from the start on. */
function log(start: bigint): PartitionLog {
  const records = Array.from({ length: 100 }, (_, i) => ({ key: null, value: Buffer.from(`${i}`), timestamp: 1n }));
  return { batches: [buildBatch({ records })], start, end: 100n };
}

/** Same offsets on both sides; what stood below 10 was dropped from the map, and what stands below 50 is a span. Behind it was a loss. */
async function filled(source: PartitionLog, target: PartitionLog) {
  const world = { source: readerOf(source, 'old'), target: readerOf(target, 'new'), clock: countingClock() };
  const span = { source: 10n, sourceEnd: 50n, target: 10n, targetEnd: 50n, records: 40n };
  const segments = [{ source: 70n, target: 80n, length: 20n }];
  const ends = { startSource: 0n, nextSource: 100n, nextTarget: 100n };
  const input = { spans: [span], segments, trimmed: true, ...ends, source, target };
  return (await fillPartition(world, { source: place, target: place, input })).input;
}

test('what one log holds no more of a span leads to its start, also where nothing older is known', async () => {
  const forth = await filled(log(0n), log(60n));
  assert.equal(translate(forth, 20n), { result: 'translated', target: 60n });
  assert.equal(translate(forth, 9n), { result: 'unknown', why: 'before-start' });
  const back = await filled(log(60n), log(0n));
  assert.equal(translateBack(back, 20n), { result: 'translated', source: 60n });
  assert.equal(translateBack(back, 9n), { result: 'unknown' });
});

test.run();
