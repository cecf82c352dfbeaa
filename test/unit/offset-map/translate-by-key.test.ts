import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ByKeyInput,
  isProvenRewind,
  translateByKey,
  translateOneByKey,
} from '../../../src/offset-map/translate-by-key.ts';

/** Two source partitions into three of the target; markers stand behind the last records of both sources. */
const input: ByKeyInput = {
  cuts: [
    { sources: [{ recordsEnd: 5n, next: 5n }, null], targets: [0n, 0n, 0n] },
    {
      sources: [
        { recordsEnd: 10n, next: 11n },
        { recordsEnd: 4n, next: 5n },
      ],
      targets: [4n, 5n, 6n],
    },
    {
      sources: [
        { recordsEnd: 20n, next: 21n },
        { recordsEnd: 8n, next: 9n },
      ],
      targets: [9n, 11n, 10n],
    },
  ],
  sources: [
    { start: 2n, end: 30n, startSource: 5n },
    { start: 0n, end: 12n, startSource: 0n },
  ],
  targets: [
    { start: 0n, end: 9n },
    { start: 0n, end: 13n },
    { start: 8n, end: 10n },
  ],
};

const at = (first: bigint, second: bigint) =>
  translateByKey(
    input,
    new Map([
      [0, first],
      [1, second],
    ]),
  );

test('who has read all goes to the end of every target partition, with the markers or without them', () => {
  const end = { result: 'translated', targets: [9n, 13n, 10n], rereadRecords: 0n };
  assert.equal(at(20n, 8n), end);
  assert.equal(at(21n, 9n), end);
});

test('what the source holds no more need not be read by who has committed nothing there', () => {
  const expired = input.sources.map((one, partition) => (partition === 1 ? { ...one, start: 8n } : one));
  const answer = translateByKey({ ...input, sources: expired }, new Map([[0, 20n]]));
  assert.equal(answer, { result: 'translated', targets: [9n, 13n, 10n], rereadRecords: 0n });
});

test('a consumer that has not read what stands below a checkpoint that it had passed went back; where none tells it may stay', () => {
  const rewind = (first: bigint, standing: bigint) =>
    isProvenRewind(
      input,
      new Map([
        [0, first],
        [1, 8n],
      ]),
      0,
      standing,
    );
  assert.is(rewind(9n, 9n), true, 'it stood behind the second checkpoint, which lies behind what it has read');
  assert.is(rewind(9n, 4n), false, 'the second checkpoint is where it stands');
  assert.is(rewind(12n, 9n), false, 'it has read all below the second one');
});

test('who stands at a checkpoint goes there exactly, and not below the log start', () => {
  assert.equal(at(10n, 5n), { result: 'translated', targets: [4n, 5n, 8n], rereadRecords: 0n });
});

test('who stands between goes to the last checkpoint of which all is read, and reads the rest again', () => {
  assert.equal(at(15n, 7n), { result: 'at-least-once', targets: [4n, 5n, 8n], rereadRecords: 6n });
  assert.equal(at(30n, 3n), { result: 'at-least-once', targets: [0n, 0n, 8n], rereadRecords: 28n });
  assert.equal(at(24n, 12n), { result: 'at-least-once', targets: [9n, 13n, 10n], rereadRecords: 6n });
});

test('a partition without an offset was not read', () => {
  const answer = translateByKey(input, new Map([[0, 21n]]));
  assert.equal(answer, { result: 'at-least-once', targets: [0n, 0n, 8n], rereadRecords: 16n });
});

test('one offset without a place leaves the others without one, and is named', () => {
  for (const [offset, result] of [
    [1n, { result: 'below-start' }],
    [31n, { result: 'above-end' }],
    [3n, { result: 'unknown', why: 'before-start' }],
  ] as const) {
    assert.equal(at(offset, 9n), { result: 'none', placeless: [{ partition: 0, offset, result }] });
  }
  assert.equal(translateByKey(input, new Map([[2, 0n]])), {
    result: 'none',
    placeless: [{ partition: 2, offset: 0n, result: { result: 'unknown', why: 'not-yet' } }],
  });
});

test('where markers are on their way, or a log lost its end, an earlier checkpoint is taken', () => {
  const [first, second, third] = input.targets;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three targets');
  const cut = { ...input, targets: [first, second, { ...third, end: 9n }] };
  assert.equal(
    translateByKey(
      cut,
      new Map([
        [0, 21n],
        [1, 9n],
      ]),
    ),
    {
      result: 'at-least-once',
      targets: [4n, 5n, 8n],
      rereadRecords: 14n,
    },
  );
  const lost = { ...input, cuts: input.cuts.slice(1), targets: [{ ...first, end: 3n }, second, third] };
  const answer = translateByKey(lost, new Map([[0, 21n]]));
  assert.equal(answer.result === 'none' && answer.placeless.map((one) => one.result), [
    { result: 'unknown', why: 'lost-at-target' },
  ]);
});

test('one offset alone leads as far as its own partition allows', () => {
  assert.equal(translateOneByKey(input, 1, 9n), { result: 'translated', targets: [9n, 13n, 10n], rereadRecords: 0n });
  assert.equal(translateOneByKey(input, 1, 7n), { result: 'at-least-once', targets: [4n, 5n, 8n], rereadRecords: 2n });
});

test.run();
