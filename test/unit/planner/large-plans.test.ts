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
  assert.match(lines.join('\n'), /# 9\d{3} more changes: /);
  assert.ok(lines.every((line) => line.length <= 100));
});

test.run();
