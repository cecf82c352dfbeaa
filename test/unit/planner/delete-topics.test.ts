import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClusterSnapshot, TopicSnapshot } from '../../../src/cluster/snapshot.ts';
import { staleness } from '../../../src/execution-plan/staleness.ts';
import { renderPlanText } from '../../../src/render/plan-text.ts';
import { deleteSteps } from '../../../src/resources/topic/delete-steps.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { planned, readCase } from './plan-case.ts';
import { afterApply } from './simulated-apply.ts';

const input = readCase(join(import.meta.dirname, '../../cases/plan/delete-topics'));
const world = { snapshots: input.snapshots, state: input.state ?? emptyState };
const plan = planned(input);

/** The case's clusters with another topic `legacy`; null: it is gone. */
function legacy(change: (topic: TopicSnapshot) => TopicSnapshot | null): ReadonlyMap<string, ClusterSnapshot> {
  const msk = input.snapshots.get('msk');
  const topic = msk?.topics.get('legacy');
  if (msk === undefined || topic === undefined) throw new Error('the case has this topic');
  const topics = new Map(msk.topics);
  const changed = change(topic);
  if (changed === null) topics.delete('legacy');
  else topics.set('legacy', changed);
  return new Map([...input.snapshots, ['msk', { ...msk, topics }]]);
}

function stale(snapshots: ReadonlyMap<string, ClusterSnapshot>, begun = false): string[] {
  const found = staleness(plan, { snapshots, state: world.state, begun });
  return found.map((one) => `${one.address} ${one.field ?? ''}: ${one.planned}, ${one.found}`);
}

test('once applied, the plan is empty and no topic but those is gone', () => {
  const after = afterApply(plan, world);
  const again = planned({ ...input, ...after });
  assert.equal(again.changes, []);
  assert.equal(again.diagnostics, []);
  assert.equal([...(after.snapshots.get('msk')?.topics.keys() ?? [])].sort(), ['audit', 'bystander', 'orders']);
  assert.equal([...(after.snapshots.get('dc')?.topics.keys() ?? [])], ['orders']);
});

test('a topic that was made again under its name is another one: stale, also where the plan was begun', () => {
  assert.equal(stale(input.snapshots), []);
  const remade = legacy((topic) => ({ ...topic, topicId: 'YW5vdGhlci1pZC0uLi4uLg' }));
  const told = ['topic/msk/legacy : the topic with id bGVnYWN5LWlkLS4uLi4uLg, one with id YW5vdGhlci1pZC0uLi4uLg'];
  assert.equal(stale(remade), told);
  assert.equal(stale(remade, true), told);
});

test('a topic that changed or went meanwhile is stale; where the plan was begun it may be gone', () => {
  const grown = legacy((topic) => ({ ...topic, partitions: topic.partitions.slice(0, 5) }));
  assert.equal(stale(grown), ['topic/msk/legacy partitions: 6, 5']);
  assert.equal(stale(legacy(() => null)), ['topic/msk/legacy : there, not there']);
  assert.equal(
    stale(
      legacy(() => null),
      true,
    ),
    [],
  );
});

test('the warning stands above everything else', () => {
  const text = renderPlanText(plan, { color: false });
  assert.match(text, /^warning KP2202: 2 topics are deleted: 18 partitions with up to\s+9,007,199,254,740,997 records/);
  assert.match(text, 'Plan: 3 to create, 0 to change, 2 to delete.');
  assert.is(text.split('KP2202').length, 2, 'once');
});

test('many deletions behind many steps stay a small document', () => {
  const before = Array.from({ length: 5_000 }, (_, index) => {
    const address = `topic/msk/t${index}`;
    return { id: `create-topic:${address}`, kind: 'create-topic', address, after: [], reason: 'r' } as const;
  });
  const [deletion] = plan.changes.flatMap((change) =>
    change.kind === 'topic' && change.action === 'delete' ? [change] : [],
  );
  assert.ok(deletion);
  const deletions = Array.from({ length: 5_000 }, (_, index) => ({ ...deletion, address: `topic/msk/d${index}` }));
  const steps = deleteSteps(deletions, before);
  assert.is(steps.length, 5_000);
  assert.is(steps[0]?.after.length, 5_000);
  assert.ok(JSON.stringify(steps).length < 3_000_000);
});

test.run();
