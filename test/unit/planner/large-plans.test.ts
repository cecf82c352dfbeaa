import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import type { ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import { renderPlanText } from '../../../src/render/plan-text.ts';
import { planned } from './plan-case.ts';

/** JSON is YAML. */
const text = JSON.stringify({
  version: 1,
  name: 'large',
  clusters: { dc: { bootstrap: ['dc:9092'] }, msk: { bootstrap: ['msk:9092'] } },
  flows: [{ name: 'f', source: 'dc', target: 'msk', topics: { include: ['*'] } }],
});

/** Topics whose settings differ in `kinds` ways; the first `there` are at the target already, as they must be. */
function clusters(topics: number, kinds: number, there = 0): Map<string, ClusterSnapshot> {
  const entries = Array.from({ length: topics }, (_, index) => {
    const settings = { 'retention.ms': String(1000 * (index % kinds)) };
    return [`topic-${String(index).padStart(5, '0')}`, { partitions: 6, replicationFactor: 3, settings }] as const;
  });
  const cluster = (name: string, chosen: readonly (typeof entries)[number][]): [string, ClusterSnapshot] => {
    const json = { clusterId: name, kafkaVersion: '3.9', brokers: 3, topics: Object.fromEntries(chosen) };
    return [name, snapshotFromJson(name, JSON.stringify(json))];
  };
  return new Map([cluster('dc', entries), cluster('msk', entries.slice(0, there))]);
}

function linesOf(plan: ExecutionPlan): string[] {
  return renderPlanText(plan, { color: false }).trimEnd().split('\n');
}

test('1,000 topics to create, alike in 20 ways, take fewer than 100 lines', () => {
  const lines = linesOf(planned({ text, snapshots: clusters(1000, 20) }));
  assert.ok(lines.length < 100, `${lines.length} lines`);
  assert.ok(lines.includes('Plan: 1001 to create, 0 to change, 0 to delete.'));
});

test('10 that differ among 1,000 are shown one by one', () => {
  const lines = linesOf(planned({ text, snapshots: clusters(1000, 1, 990) }));
  assert.ok(lines.length < 150, `${lines.length} lines`);
  assert.is(lines.filter((line) => line.endsWith('will be created')).length, 11);
});

test('10,000 topics that all differ stay readable, and say what is not shown', () => {
  const plan = planned({ text, snapshots: clusters(10_000, 10_000) });
  const lines = linesOf(plan);
  assert.ok(lines.length < 100, `${lines.length} lines`);
  assert.match(lines.join('\n'), /# 99\d\d more changes:\n {2}# {3}99\d\d topics to create\n/);
  assert.ok(lines.every((line) => line.length <= 100));
});

test('of thousands of changes each sort is shown, and each is counted', () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  const declared = JSON.stringify({
    version: 1,
    name: 'large',
    clusters: { msk: { bootstrap: ['msk:9092'] } },
    topics: {
      msk: [
        ...numbers(1500).map((n) => ({
          name: `changed-${n}`,
          partitions: 2,
          replicationFactor: 3,
          config: { 'retention.ms': n + 1 },
        })),
        ...numbers(1000).map((n) => ({
          name: `made-${n}`,
          partitions: 3,
          replicationFactor: 3,
          config: { 'retention.ms': n % 2 },
        })),
        ...numbers(100).map((n) => ({ name: `gone-${n}`, state: 'absent' })),
      ],
    },
    quotas: { msk: numbers(800).map((n) => ({ entity: { user: `u${n}` }, limits: { producer_byte_rate: n + 1 } })) },
    policies: { deleteTopics: 'allow' },
  });
  const topics = [...numbers(1500).map((n) => `changed-${n}`), ...numbers(100).map((n) => `gone-${n}`)];
  const live = Object.fromEntries(topics.map((name) => [name, { partitions: 2, replicationFactor: 3, settings: {} }]));
  const json = { clusterId: 'msk', kafkaVersion: '3.9', brokers: 3, quotas: [], topics: live };
  const snapshots = new Map([['msk', snapshotFromJson('msk', JSON.stringify(json))]]);
  const shown = linesOf(planned({ text: declared, snapshots })).join('\n');
  for (const words of [
    '# 100 topics will be deleted, alike:',
    '# 500 topics will be created, alike:',
    '# topic/msk/changed-0 will be changed',
    '# quota/msk/user%3Du0 will be created',
  ]) {
    assert.ok(shown.includes(words), words);
  }
  assert.match(shown, /# 2\d{3} more changes:\n {2}# {3}1\d{3} topics to change, 799 quotas to create\n/);
  assert.ok(shown.split('\n').length < 120);
});

test.run();
