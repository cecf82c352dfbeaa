import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeOwnCommits,
  encodeOwnCommits,
  metadataMark,
  ownCommitsKey,
  parseOwnCommitsKey,
} from '../../../src/state/own-commits.ts';
import { parsePositionKey } from '../../../src/state/position-codec.ts';
import { seedOfRun } from '../../simulation/random.ts';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const mark = fc.record(
  {
    offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    mark: fc.option(fc.string()).map(metadataMark),
  },
  { noNullPrototype: true },
);
const commit = fc.tuple(mark, fc.option(mark)).map(([own, before]) => (before === null ? own : { ...own, before }));

test('keys and values are read as they were written, whatever the names', () => {
  fc.assert(
    fc.property(name, fc.string(), name, (flow, group, topic) => {
      const key = ownCommitsKey({ flow, group, topic });
      assert.equal(parseOwnCommitsKey(key), { flow, group, topic });
      assert.is(parsePositionKey(key), null, 'no position');
    }),
    { seed: seedOfRun() },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2 ** 31 - 1), commit), { minLength: 1 }), (entries) => {
      const commits = new Map([...entries].sort(([left], [right]) => left - right));
      assert.equal(decodeOwnCommits(encodeOwnCommits(commits) ?? ''), { commits });
    }),
    { seed: seedOfRun() },
  );
});

test('no commit is a tombstone; other keys and values are told apart', () => {
  assert.is(encodeOwnCommits(new Map()), null);
  for (const key of ['group/f/g', 'group/f/g/t/0', 'group//g/t', 'position/f/g/0', 'group/%/g/t']) {
    assert.is(parseOwnCommitsKey(key), null, key);
  }
  const texts = [
    '',
    'null',
    '{}',
    '{"v":2,"commits":"0:1"}',
    '{"v":1}',
    '{"v":1,"commits":"0:-1"}',
    '{"v":1,"commits":""}',
    '{"v":1,"commits":"0:1 0:2 0:3"}',
  ];
  for (const text of texts) assert.ok('problem' in decodeOwnCommits(text), text);
});

test('no metadata and empty metadata are the same', () => {
  assert.is(metadataMark(null), metadataMark(''));
  assert.is.not(metadataMark('a'), metadataMark('b'));
});

test.run();
