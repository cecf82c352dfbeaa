import { test } from 'uvu';
import { equal, is } from 'uvu/assert';
import {
  decodePosition,
  decodeSealed,
  encodePosition,
  encodeSealed,
  parsePositionKey,
  positionKey,
  positionOwner,
  segmentsKey,
} from '../../../src/state/position-codec.ts';
import { type PositionRecord, positionRecordVersion } from '../../../src/state/records.ts';

const record: PositionRecord = {
  v: positionRecordVersion,
  flow: 'a/b',
  source: { topic: 'orders', topicId: 'x/y+z', partition: 3 },
  target: { topic: 'copy', partition: 3 },
  nextSource: 9_223_372_036_854_775_000n,
  nextTarget: 12n,
  startSource: 5n,
  segments: [
    { source: 5n, target: 0n, length: 3n },
    { source: 10n, target: 4n, length: 8n },
  ],
};

test('a position comes back as it was, offsets of 64 bits too', () => {
  equal(decodePosition(encodePosition(record)), { record });
});

test('keys name flow, source and partition, whatever characters the names hold', () => {
  const owner = positionOwner(record);
  is(positionKey(owner), 'position/a%2Fb/x%2Fy%2Bz/3');
  equal(parsePositionKey(positionKey(owner)), { kind: 'position', owner });
  equal(parsePositionKey(segmentsKey(owner, 77n)), { kind: 'segments', owner, first: 77n });
  is(positionOwner({ flow: 'f', source: { topic: 'orders', partition: 0 } }).source, 'orders');
});

test('keys that are none of ours are left alone', () => {
  for (const key of [
    '',
    'position',
    'position/a/b',
    'position/a/b/c',
    'position/a/b/1/2',
    'segments/a/b/1',
    'segments/a/b/1/-2',
    'other/a/b/1',
    'position/%E0%A4%A/b/1',
  ]) {
    is(parsePositionKey(key), null, key);
  }
});

test('a newer record is told from a broken one', () => {
  const text = encodePosition(record);
  const problemOf = (changed: string) => {
    const decoded = decodePosition(changed);
    return 'problem' in decoded ? decoded.problem : null;
  };
  is(problemOf(text.replace(`"v":${positionRecordVersion}`, `"v":${positionRecordVersion + 1}`)), 'newer');
  is(problemOf(text.replace(`"v":${positionRecordVersion}`, '"v":0')), 'broken');
  is(problemOf(text.replace('"nextSource":"', '"nextSource":"-')), 'broken');
  is(problemOf(text.replace('"nextTarget":"12"', '"nextTarget":12')), 'broken');
  is(problemOf(text.replace('"segments":"', '"segments":"!')), 'broken');
  is(problemOf(text.replace('"partition":3', '"partition":"3"')), 'broken');
  is(problemOf('null'), 'broken');
  is(problemOf('{'), 'broken');
});

test('sealed segments come back as they were', () => {
  equal(decodeSealed(encodeSealed(record.segments)), { segments: record.segments });
  is('problem' in decodeSealed('{"v":99,"segments":""}'), true);
});

test.run();
