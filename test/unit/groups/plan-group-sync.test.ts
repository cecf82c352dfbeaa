import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { partitionKey } from '../../../runner/groups/mirrored-partition.ts';
import { type GroupOnBothSides, type GroupSyncScope, planGroupSync } from '../../../runner/groups/plan-group-sync.ts';

const source = { topic: 'orders', partition: 0 };
const target = { topic: 'eu.orders', partition: 0 };

/** Records 10 to 19 are mirrored to 110 to 119, 25 to 29 to 121 to 125; up to 30 of 40. */
const scope: GroupSyncScope = {
  flow: 'dc-to-msk',
  targetCluster: 'msk',
  topics: new Set(['orders']),
  partitions: new Map([
    [
      partitionKey(source),
      {
        source,
        target,
        input: {
          segments: [
            { source: 10n, target: 110n, length: 10n },
            { source: 25n, target: 121n, length: 5n },
          ],
          startSource: 10n,
          nextSource: 30n,
          nextTarget: 127n,
          source: { start: 8n, end: 40n },
          target: { start: 0n, end: 127n },
        },
      },
    ],
  ]),
};

function groupAt(offset: bigint, changes: Partial<GroupOnBothSides> = {}): GroupOnBothSides {
  return {
    listing: { group: 'billing', type: 'classic', state: 'Stable' },
    committed: [{ ...source, offset, metadata: 'note' }],
    targetCommitted: [],
    ...changes,
  };
}

test('an offset is translated, its topic renamed, its metadata kept', () => {
  const plan = planGroupSync(groupAt(15n), scope);
  assert.is(plan.decision, 'write');
  assert.equal(plan.writes, [{ ...target, offset: 115n, metadata: 'note' }]);
  assert.is(plan.moved, 1);
  assert.equal(plan.diagnostics, []);
});

test('in a gap the next record, at the end the end', () => {
  assert.is(planGroupSync(groupAt(22n), scope).writes[0]?.offset, 121n);
  assert.is(planGroupSync(groupAt(30n), scope).writes[0]?.offset, 127n);
});

test('the target never moves back; what stands there is written again, so that it does not expire', () => {
  const ahead = planGroupSync(groupAt(15n, { targetCommitted: [{ ...target, offset: 116n, metadata: null }] }), scope);
  assert.equal([ahead.decision, ahead.writes, ahead.ahead], ['nothing', [], 1]);
  assert.equal(codesOf(ahead), ['KP6007']);
  const same = planGroupSync(groupAt(15n, { targetCommitted: [{ ...target, offset: 115n, metadata: null }] }), scope);
  assert.equal([same.decision, same.writes.length, same.moved], ['write', 1, 0]);
  const behind = planGroupSync(groupAt(15n, { targetCommitted: [{ ...target, offset: 3n, metadata: null }] }), scope);
  assert.equal([behind.decision, behind.moved], ['write', 1]);
});

test('a group that is active on the target is not touched, and its members are named', () => {
  const members = [{ memberId: 'm-1', clientId: 'billing-app', host: '/10.0.0.7' }];
  const targetDescription = { group: 'billing', type: 'classic', state: 'Stable', members };
  const plan = planGroupSync(groupAt(15n, { targetDescription }), scope);
  assert.equal([plan.decision, plan.writes], ['active', []]);
  assert.equal(codesOf(plan), ['KP6002']);
  assert.match(plan.diagnostics[0]?.detail ?? '', 'billing-app at /10.0.0.7');
  assert.is(plan.diagnostics[0]?.address, 'group/dc-to-msk/billing');
});

test('a group that rebalances is active though it has no members yet; an empty and a dead one are not', () => {
  const stateOf = (state: string) => {
    const targetDescription = { group: 'billing', type: 'classic', state, members: [] };
    return planGroupSync(groupAt(15n, { targetDescription }), scope).decision;
  };
  assert.equal(['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Empty', 'Dead'].map(stateOf), [
    'active',
    'active',
    'active',
    'write',
    'write',
  ]);
});

test('share and streams groups are reported', () => {
  for (const type of ['share', 'Streams']) {
    const plan = planGroupSync(groupAt(15n, { listing: { group: 'billing', type, state: 'Stable' } }), scope);
    assert.equal([plan.decision, codesOf(plan)], ['unsupported', ['KP6003']]);
  }
  assert.is(
    planGroupSync(groupAt(15n, { listing: { group: 'g', type: 'Consumer', state: 'Stable' } }), scope).decision,
    'write',
  );
});

for (const [offset, code] of [
  [7n, 'KP6004'],
  [41n, 'KP6005'],
  [9n, 'KP6006'],
  [31n, 'KP6006'],
] as const) {
  test(`offset ${offset} is reported as ${code} and not written`, () => {
    const plan = planGroupSync(groupAt(offset), scope);
    assert.equal([plan.decision, plan.writes], ['nothing', []]);
    assert.equal(codesOf(plan), [code]);
    assert.match(plan.diagnostics[0]?.detail ?? '', `orders:0 at ${offset}`);
  });
}

test('a partition without a position is unknown; topics of no flow and partitions without a commit are left alone', () => {
  const committed = [
    { topic: 'orders', partition: 1, offset: 5n, metadata: null },
    { topic: 'other', partition: 0, offset: 5n, metadata: null },
    { ...source, offset: -1n, metadata: null },
  ];
  const plan = planGroupSync(groupAt(0n, { committed }), scope);
  assert.equal(plan.writes, []);
  assert.equal(
    plan.untranslated.map((one) => one.partition),
    [1],
  );
  assert.equal(planGroupSync(groupAt(0n, { committed: [] }), scope).decision, 'nothing');
});

function codesOf(plan: ReturnType<typeof planGroupSync>): string[] {
  return plan.diagnostics.map((one) => one.code);
}

test.run();
