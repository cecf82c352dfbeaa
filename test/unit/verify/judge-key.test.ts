import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHeldRecords } from '../../../runner/verify/held-records.ts';
import { judgeKey, type KeyRecord, type Newer, nothingNewer } from '../../../runner/verify/judge-key.ts';
import { judgeHeld } from '../../../runner/verify/settle-keys.ts';
import { keyNumbers } from '../../../runner/verify/unpaired-keys.ts';

/** `abT`: records of these contents, in order; a capital is a tombstone. Behind a slash come those of another partition. */
function records(text: string): KeyRecord[] {
  return text.split('/').flatMap((part, partition) =>
    [...part].map((one, n) => {
      const tombstone = one === one.toUpperCase();
      return { hash: one.charCodeAt(0), partition, offset: BigInt(n), tombstone, misplaced: false };
    }),
  );
}

const both = { source: true, target: true };
const kept = { source: false, target: false };

function judged(source: string, target: string, newer: Partial<Newer> = {}, compacted = both): string {
  const pair = { source: records(source), target: records(target) };
  const verdict = judgeKey(pair, { ...nothingNewer, ...newer }, { compacted, overtaken: kept });
  const { paired, cleaned, unproven, difference } = verdict;
  return difference === null ? `${paired.length} paired, ${cleaned} cleaned, ${unproven} untold` : difference.kind;
}

const rows: readonly (readonly [string, string, string, Partial<Newer>?])[] = [
  ['abc', 'abc', '3 paired, 0 cleaned, 0 untold'],
  ['abc', 'bc', '2 paired, 1 cleaned, 0 untold'],
  ['c', 'abc', '1 paired, 2 cleaned, 0 untold'],
  ['abc', 'ab', 'missing'],
  ['abc', 'abd', 'changed'],
  ['abc', 'acb', 'reordered'],
  ['abc', 'adc', 'changed'],
  ['abc', 'abcc', 'duplicated'],
  ['abc', 'abca', 'duplicated'],
  ['abc', 'abcx', 'extra'],
  ['c', 'abcc', '1 paired, 2 cleaned, 1 untold'],
  ['abc', 'ac', '2 paired, 0 cleaned, 1 untold'],
  ['bc', 'xc', '1 paired, 1 cleaned, 1 untold'],
  ['a', '', 'missing'],
  ['a', '', '0 paired, 1 cleaned, 0 untold', { target: 'record' }],
  ['a', '', '0 paired, 1 cleaned, 0 untold', { source: 'tombstone' }],
  ['a', '', '0 paired, 0 cleaned, 1 untold', { source: 'record' }],
  ['aT', '', '0 paired, 2 cleaned, 0 untold'],
  ['T', 'a', 'changed'],
  ['aT', 'a', 'missing'],
  ['', 'a', 'extra'],
  ['', 'aT', '0 paired, 2 cleaned, 0 untold'],
  ['', 'a', '0 paired, 1 cleaned, 0 untold', { source: 'record' }],
  ['', '', '0 paired, 0 cleaned, 0 untold'],
  ['ab/cd', 'cabd', '4 paired, 0 cleaned, 0 untold'],
  ['ab/cd', 'cdb', '3 paired, 1 cleaned, 0 untold'],
  ['ab/cd', 'bcad', 'reordered'],
  ['ab/cd', 'abc', 'missing'],
  ['ab/cd', 'acxbd', '4 paired, 1 cleaned, 0 untold'],
  ['ab/cd', 'axbd', '3 paired, 0 cleaned, 1 untold'],
];

for (const [source, target, wanted, newer] of rows) {
  const above = Object.entries(newer ?? {}).map(([side, one]) => `, above at the ${side} a ${one}`);
  test(`a key with ${source || 'nothing'} at the source and ${target || 'nothing'} at the target${above.join()}: ${wanted}`, () => {
    assert.is(judged(source, target, newer), wanted);
  });
}

test('only the cleaner of a compacted side is an excuse', () => {
  const ofSource = { source: true, target: false };
  const ofTarget = { source: false, target: true };
  assert.is(judged('abc', 'bc', {}, ofTarget), '2 paired, 1 cleaned, 0 untold');
  assert.is(judged('abc', 'bc', {}, ofSource), '2 paired, 0 cleaned, 1 untold');
  assert.is(judged('bc', 'abc', {}, ofTarget), 'extra');
  assert.is(judged('abc', 'ac', {}, ofTarget), 'missing');
  assert.is(judged('', 'a', { source: 'record' }, ofTarget), 'extra');
  assert.is(judged('a', '', { source: 'record' }, ofTarget), 'missing');
});

test('where retention passed a whole side while it was read, nothing is told of what is not there', () => {
  const takers = { compacted: both, overtaken: { source: false, target: true } };
  assert.is(judgeKey({ source: records('ab'), target: [] }, nothingNewer, takers).unproven, 2);
  assert.is(
    judgeKey({ source: records('ab'), target: records('a') }, nothingNewer, takers).difference?.kind,
    'missing',
  );
});

const keyOf = (n: number) => ({ number: Math.floor((n * keyNumbers) / 64), check: n });
const [one] = records('a');

test('records are held within a limit: high keys go first', () => {
  const held = createHeldRecords({ from: 0, below: keyNumbers }, 100);
  assert.ok(one);
  for (let n = 0; n < 64; n += 1) {
    held.add('source', keyOf(n), { ...one, offset: BigInt(n) });
    held.add('target', keyOf(n), { ...one, offset: BigInt(n) });
  }
  assert.is(held.below, keyNumbers / 4);
  assert.is([...held.keys()].length, 16);
  assert.is(held.recordsOf(keyOf(15).number).target[0]?.offset, 15n);
  assert.equal(held.recordsOf(keyOf(16).number), { source: [], target: [] });
});

test('of a key with too many records the newest are held, and what is not is counted', () => {
  const held = createHeldRecords({ from: 0, below: keyNumbers }, 80);
  assert.ok(one);
  for (let n = 0; n < 1_000; n += 1) held.add('source', keyOf(3), { ...one, hash: n, offset: BigInt(n) });
  for (let n = 0; n < 30; n += 1) held.add('target', keyOf(3), { ...one, hash: 970 + n, offset: BigInt(n) });
  const { source, target } = held.recordsOf(keyOf(3).number);
  assert.is(held.below, keyNumbers);
  assert.is(source.at(-1)?.offset, 999n);
  assert.ok(source.length >= 5 && source.length <= 10 && target.length >= 5 && target.length <= 10);
  assert.is(held.cut.get(keyOf(3).number), 1_030 - source.length - target.length);
  const takers = { compacted: { source: true, target: false }, overtaken: kept };
  const verdict = judgeHeld(held, keyOf(3).number, nothingNewer, takers);
  assert.is(verdict.difference, null);
  assert.is(verdict.paired.length * 2 + verdict.unproven, 1_030);
  held.add('target', keyOf(3), { ...one, hash: 5_000 });
  assert.is(judgeHeld(held, keyOf(3).number, nothingNewer, takers).difference?.kind, 'extra');
});

test('two keys of one number are not taken for one', () => {
  const held = createHeldRecords({ from: 0, below: keyNumbers }, 100);
  assert.ok(one);
  held.add('source', keyOf(3), one);
  held.add('target', { ...keyOf(3), check: 4 }, one);
  held.add('target', keyOf(3), one);
  assert.equal([...held.shared], [[keyOf(3).number, 2]]);
  assert.equal([...held.keys()], []);
  assert.not.ok(held.wants(keyOf(3).number));
});

test.run();
