import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type TranslationInput, translate, translateBack } from '../../../src/offset-map/translate.ts';
import { mirroredLogs, nextRecord } from './mirrored-log.ts';

/** The log of the diagram in translate.ts. */
const drawn: TranslationInput = {
  segments: [
    { source: 100n, target: 90n, length: 3n },
    { source: 104n, target: 94n, length: 2n },
    { source: 110n, target: 96n, length: 1n },
  ],
  startSource: 100n,
  nextSource: 112n,
  nextTarget: 98n,
  source: { start: 95n, end: 114n },
  target: { start: 0n, end: 98n },
};

test('the diagram says what happens', () => {
  const expected: [bigint, bigint | string][] = [
    [94n, 'below-start'],
    [95n, 'unknown'],
    [99n, 'unknown'],
    [100n, 90n],
    [102n, 92n],
    [103n, 94n],
    [104n, 94n],
    [105n, 95n],
    [106n, 96n],
    [109n, 96n],
    [110n, 96n],
    [111n, 98n],
    [112n, 98n],
    [113n, 'unknown'],
    [114n, 'unknown'],
    [115n, 'above-end'],
  ];
  for (const [offset, wanted] of expected) {
    const answer = translate(drawn, offset);
    assert.equal(answer.result === 'translated' ? answer.target : answer.result, wanted, `${offset}`);
  }
});

test('every mirrored offset has the same next record on both sides, and no larger offset has', () => {
  let translated = 0;
  const property = fc.property(mirroredLogs, ({ input, source, target }) => {
    for (let offset = input.source.start; offset <= input.source.end; offset += 1n) {
      const answer = translate(input, offset);
      if (offset < input.startSource || offset > input.nextSource) {
        const mirrored = offset >= input.startSource && nextRecord(source, offset, Number(input.nextSource)) !== 'end';
        assert.is(answer.result, mirrored ? 'translated' : 'unknown');
        continue;
      }
      if (answer.result !== 'translated') assert.unreachable(`${offset} is ${answer.result}`);
      else {
        translated += 1;
        const next = nextRecord(source, offset, Number(input.nextSource));
        assert.is(nextRecord(target, answer.target), next, `next record at ${offset} -> ${answer.target}`);
        if (next === 'end') assert.is(answer.target, input.target.end, 'lag 0');
        else assert.is.not(nextRecord(target, answer.target + 1n), next, 'the largest');
      }
    }
  });
  fc.assert(property, { numRuns: 1000 });
  assert.ok(translated > 1000);
});

test('the lower offset never gets the higher answer', () => {
  fc.assert(
    fc.property(mirroredLogs, ({ input }) => {
      let before = -1n;
      for (let offset = input.source.start; offset <= input.source.end; offset += 1n) {
        const answer = translate(input, offset);
        if (answer.result !== 'translated') continue;
        assert.ok(answer.target >= before);
        before = answer.target;
      }
    }),
  );
});

test('outside of the source log nothing is guessed', () => {
  fc.assert(
    fc.property(mirroredLogs, fc.bigInt(1n, 2n ** 40n), ({ input }, distance) => {
      assert.is(translate(input, input.source.start - distance).result, 'below-start');
      assert.is(translate(input, input.source.end + distance).result, 'above-end');
    }),
  );
});

test('there and back again is the same next record', () => {
  fc.assert(
    fc.property(mirroredLogs, ({ input, source }) => {
      for (let offset = input.source.start; offset <= input.source.end; offset += 1n) {
        const there = translate(input, offset);
        if (there.result !== 'translated') continue;
        const back = translateBack(input, there.target);
        if (back.result !== 'translated') assert.unreachable(back.result);
        else {
          const end = Number(input.nextSource);
          assert.is(nextRecord(source, back.source, end), nextRecord(source, offset, end));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('where the target deleted the record, its log start is the answer', () => {
  const trimmed = { ...drawn, target: { start: 95n, end: 98n } };
  assert.equal(translate(trimmed, 101n), { result: 'translated', target: 95n });
  assert.equal(translate(trimmed, 105n), { result: 'translated', target: 95n });
  assert.equal(translateBack(trimmed, 94n), { result: 'below-start' });
});

test('an offset that the target lost is not written: a consumer there would be reset', () => {
  const truncated = { ...drawn, target: { start: 0n, end: 94n } };
  assert.equal(translate(truncated, 102n), { result: 'translated', target: 92n });
  assert.equal(translate(truncated, 104n), { result: 'unknown', why: 'lost-at-target' });
  assert.equal(translate(truncated, 105n), { result: 'unknown', why: 'lost-at-target' });
  assert.equal(translate(truncated, 112n), { result: 'unknown', why: 'lost-at-target' });
});

test('an empty partition: a group at its end goes to the end', () => {
  const empty = {
    segments: [],
    startSource: 1000n,
    nextSource: 1000n,
    nextTarget: 0n,
    source: { start: 1000n, end: 1000n },
    target: { start: 0n, end: 0n },
  };
  assert.equal(translate(empty, 1000n), { result: 'translated', target: 0n });
  assert.equal(translate(empty, 999n), { result: 'below-start' });
  assert.equal(translateBack(empty, 0n), { result: 'translated', source: 1000n });
});

test.run();
