import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHeldRecords } from '../../../runner/verify/held-records.ts';
import { judgeKey, type KeyRecord, type Newer, nothingNewer } from '../../../runner/verify/judge-key.ts';
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

test('records are held within a limit: high keys go first, and a key with too many of its own', () => {
  const held = createHeldRecords({ from: 0, below: keyNumbers }, 100);
  const [one] = records('a');
  assert.ok(one);
  const keyOf = (n: number) => Math.floor((n * keyNumbers) / 64);
  for (let n = 0; n < 64; n += 1) {
    held.add('source', keyOf(n), { ...one, offset: BigInt(n) });
    held.add('target', keyOf(n), { ...one, offset: BigInt(n) });
  }
  assert.is(held.below, keyNumbers / 2);
  assert.is([...held.keys()].length, 32);
  assert.is(held.recordsOf(keyOf(31)).target[0]?.offset, 31n);
  assert.equal(held.recordsOf(keyOf(32)), { source: [], target: [] });
  for (let n = 0; n < 60; n += 1) held.add('source', keyOf(3), one);
  assert.equal([...held.crowded.keys()], [keyOf(3)]);
  assert.not.ok(held.wants(keyOf(3)));
  assert.ok([...held.keys()].length >= 15);
});

test.run();
