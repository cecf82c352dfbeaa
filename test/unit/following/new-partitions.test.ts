import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import { tellNotMirrored, withNewPartitions } from '../../../src/following/new-partitions.ts';
import type { Flow, MirroredTopic } from '../../../src/migration/migration.ts';

function flow(topics: Readonly<Record<string, Partial<MirroredTopic>>>): Flow {
  const members = Object.entries(topics).map(([source, more]) => ({
    source,
    target: `${source}-copy`,
    sourcePartitions: 2,
    partitions: 2,
    ...more,
  }));
  return { name: 'f', source: 'old', topics: members } as unknown as Flow;
}

/** Partitions that are mirrored, by topic. */
function mirrored({ topics }: Flow): Record<string, number> {
  return Object.fromEntries(topics.map((one) => [one.source, one.sourcePartitions]));
}

function now(source: Readonly<Record<string, number>>, target: Readonly<Record<string, number>>) {
  return { source: new Map(Object.entries(source)), target: new Map(Object.entries(target)) };
}

test('a new source partition is mirrored where the target has one of its number, and by key always', () => {
  const planned = flow({ wide: {}, narrow: {}, keyed: { byKey: 'murmur2' }, same: {}, unseen: {} });
  const found = withNewPartitions(
    planned,
    now(
      { wide: 5, narrow: 3, keyed: 6, same: 2 },
      { 'wide-copy': 4, 'narrow-copy': 2, 'keyed-copy': 2, 'same-copy': 9 },
    ),
  );
  deepEqual(mirrored(found), { wide: 4, narrow: 2, keyed: 6, same: 2, unseen: 2 });
});

test('what is not mirrored is told once a flow, with the first names', () => {
  const planned = flow({ orders: {}, payments: {} });
  equal(tellNotMirrored(planned, new Map([['orders', 2]])), null);
  const told = tellNotMirrored(planned, new Map([['orders', 3]]));
  deepEqual(
    [told?.code, told?.severity, told?.summary],
    [
      'KP4019',
      'warning',
      'Flow f mirrors only a part of topics that have more partitions on old by now: orders (2 of 3 partitions).',
    ],
  );
  const many = flow(Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`t${index}`, {}])));
  const counts = new Map(many.topics.map((one) => [one.source, 3]));
  equal(tellNotMirrored(many, counts)?.summary.endsWith('t4 (2 of 3 partitions) and 3 more.'), true);
});

test.run();
