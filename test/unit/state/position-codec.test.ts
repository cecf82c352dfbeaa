import { test } from 'uvu';
import { equal, is } from 'uvu/assert';
import { encodeSegments } from '../../../src/offset-map/codec.ts';
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
import { type Ahead, type PositionRecord, positionRecordVersion } from '../../../src/state/records.ts';

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

const ahead: Ahead = {
  producerId: 9_007_199_254_740_993n,
  producerEpoch: 32_767,
  sequence: 2 ** 31 - 1,
  runs: [
    { source: 9_223_372_036_854_775_000n, target: 12n, length: 3n },
    { source: 9_223_372_036_854_775_010n, target: 15n, length: 2n },
  ],
  nextSource: 9_223_372_036_854_775_020n,
  sourceEpochs: [
    { epoch: 4, from: 9_223_372_036_854_775_002n },
    { epoch: -1, from: 9_223_372_036_854_775_010n },
  ],
};

test('what is ahead of a position comes back as it was, nothing at all too', () => {
  for (const one of [ahead, { ...ahead, runs: [], nextSource: record.nextSource, sourceEpochs: [] }]) {
    equal(decodePosition(encodePosition({ ...record, sourceEpoch: 3, ahead: one })), {
      record: { ...record, sourceEpoch: 3, ahead: one },
    });
  }
});

test('what is ahead must go on where the position ends, on both sides', () => {
  const [first, second] = ahead.runs;
  if (first === undefined || second === undefined) throw new Error('two runs');
  const broken: readonly Partial<Ahead>[] = [
    { runs: [{ ...first, target: 13n }] },
    { runs: [first, { ...second, target: 16n }] },
    { runs: [{ ...first, source: record.nextSource - 1n }] },
    { nextSource: second.source },
    { producerEpoch: 32_768 },
    { producerId: -1n },
    { sequence: 0.5 },
  ];
  for (const one of broken) {
    const decoded = decodePosition(encodePosition({ ...record, ahead: { ...ahead, ...one } }));
    is('problem' in decoded && decoded.problem, 'broken', Object.keys(one).join());
  }
});

test('a position of version 2 is read; those before it are not', () => {
  const written = encodePosition({ ...record, ahead });
  equal(decodePosition(written.replace('"v":3', '"v":2')), { record: { ...record, ahead, v: 2 } });
  const decoded = decodePosition(written.replace('"v":3', '"v":1'));
  is('problem' in decoded && decoded.problem, 'broken');
});

test('that the oldest part of the map was dropped comes back', () => {
  equal(decodePosition(encodePosition({ ...record, trimmed: true })), { record: { ...record, trimmed: true } });
});

test('where the sealed part of the map begins comes back; another field is left alone', () => {
  const sealed = { ...record, firstSealed: 0n };
  equal(decodePosition(encodePosition(sealed)), { record: sealed });
  equal(decodePosition(encodePosition(sealed).replace('"firstSealed"', '"somethingElse"')), { record });
  const broken = decodePosition(encodePosition(sealed).replace('"firstSealed":"0"', '"firstSealed":0'));
  is('problem' in broken && broken.problem, 'broken');
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

test('a span comes back as it was, and is one', () => {
  const span = { source: 0n, sourceEnd: 9_223_372_036_854_775_000n, target: 0n, targetEnd: 30n, records: 20n };
  equal(decodeSealed(encodeSealed({ span, next: 5n })), { span, next: 5n });
  for (const epochs of [
    { source: 0, target: 7 },
    { source: -1, target: 2_147_483_647 },
  ]) {
    const read = { span: { ...span, epochs }, next: 5n };
    equal(decodeSealed(encodeSealed(read)), read);
  }
  for (const broken of [
    '["0","9","0","9"]',
    '["0","9","0","9","10"]',
    '["0","9","0","9","-1"]',
    '["0","-1","0","9","1"]',
    '7',
  ]) {
    is('problem' in decodeSealed(`{"v":3,"next":"9","span":${broken}}`), true, broken);
  }
});

test('a span that was cut comes back without what comes next, and without a count', () => {
  const span = { source: 3n, sourceEnd: 9n, target: 4n, targetEnd: 30n, records: 0n };
  equal(decodeSealed(encodeSealed({ span })), { span });
  equal(decodeSealed(encodeSealed({ span, next: 12n })), { span, next: 12n });
  is('problem' in decodeSealed('{"v":3,"segments":"AAF"}'), true, 'segments always say what comes next');
});

test('sealed segments come back as they were', () => {
  const piece = { text: encodeSegments(record.segments), next: 18n };
  equal(decodeSealed(encodeSealed(piece)), piece);
  equal(decodeSealed(`{"v":2,"segments":"${piece.text}"}`), { text: piece.text });
  for (const broken of ['{"v":99,"segments":""}', '{"v":3}', '{"v":3,"segments":"","next":5}', '{', 'null']) {
    is('problem' in decodeSealed(broken), true, broken);
  }
});

test.run();
