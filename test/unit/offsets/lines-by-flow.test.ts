import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Flow } from '../../../src/migration/migration.ts';
import { linesByFlow } from '../../../src/offsets/lines-by-flow.ts';

function flow(name: string, pairs: readonly (readonly [source: string, target: string, partitions: number])[]) {
  const topics = pairs.map(([source, target, partitions]) => {
    const config = { inherit: 'none', exclude: [], set: {} } as const;
    return { source, target, sourcePartitions: partitions, partitions, replicationFactor: 1, config };
  });
  return { name, topics } satisfies Pick<Flow, 'name' | 'topics'>;
}

const flows = [
  flow('a', [['orders', 'eu.orders', 2]]),
  flow('b', [
    ['orders', 'us.orders', 4],
    ['audit', 'audit', 1],
  ]),
];
const line = (number: number, topic: string, partition: number) => ({ line: number, topic, partition, offset: 7n });

test('a line goes to the flow that mirrors its place, in its own words', () => {
  const lines = [line(1, 'audit', 0), line(2, 'orders', 3)];
  const found = linesByFlow(lines, flows, { direction: 'to-target', file: 'a.csv' });
  assert.equal([...found.lines], [['b', lines]]);
  assert.equal([found.left, found.diagnostics], [[], []]);
  const back = linesByFlow([line(1, 'eu.orders', 1)], flows, { direction: 'to-source', file: 'a.csv' });
  assert.equal([...back.lines.keys()], ['a']);
});

test('a place that no flow mirrors, or several, is told by its line and answered by none', () => {
  const lines = [line(1, 'orders', 0), line(2, 'orders', 4), line(3, 'nothing', 0)];
  const found = linesByFlow(lines, flows, { direction: 'to-target', file: 'a.csv' });
  assert.is(found.lines.size, 0);
  assert.equal(
    found.left.map((one) => one.line),
    [2, 3, 1],
  );
  assert.equal(
    found.diagnostics.map((one) => [one.code, one.line, one.summary]),
    [
      ['KP6041', 2, 'No flow mirrors orders:4 (line 2).'],
      ['KP6041', 3, 'No flow mirrors nothing:0 (line 3).'],
      ['KP6042', 1, 'Several flows mirror orders:0 (line 1).'],
    ],
  );
  const one = linesByFlow(lines.slice(0, 1), flows.slice(0, 1), { direction: 'to-target', file: 'a.csv' });
  assert.equal([...one.lines.keys()], ['a'], 'with --flow there is one answer');
});

test('the same finding of very many lines is told of some and counted', () => {
  const lines = Array.from({ length: 13 }, (_, index) => line(index + 1, 'gone', 0));
  const { diagnostics, left } = linesByFlow(lines, flows, { direction: 'to-target', file: 'a.csv' });
  assert.is(left.length, 13);
  assert.is(diagnostics.length, 11);
  assert.is(diagnostics.at(-1)?.summary, 'The same holds for 3 more lines.');
});

test.run();
