import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { partitionKey } from '../../../runner/groups/mirrored-partition.ts';
import { type GroupOnBothSides, type GroupSyncScope, planGroupSync } from '../../../runner/groups/plan-group-sync.ts';
import { metadataMark, type OwnCommits } from '../../../src/state/own-commits.ts';

const source = { topic: 'orders', partition: 0 };
const target = { topic: 'eu.orders', partition: 0 };

/** Records 10 to 19 are mirrored to 110 to 119, 25 to 29 to 121 to 125; up to 30 of 40. */
const scope: GroupSyncScope = {
  flow: 'dc-to-msk',
  targetCluster: 'msk',
  topics: new Set(['orders']),
  moment: 'syncing',
  uncommitted: 'leave',
  byKey: new Map(),
  silent: { partitions: new Map(), topics: new Map() },
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
    own: new Map(),
    renew: true,
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

const standingAt = (offset: bigint, metadata: string | null = 'note') => [{ ...target, offset, metadata }];
const ownAt = (offset: bigint, metadata = 'note'): OwnCommits =>
  new Map([['eu.orders', new Map([[0, { offset, mark: metadataMark(metadata) }]])]]);

test('the target never moves back', () => {
  const ahead = planGroupSync(groupAt(15n, { targetCommitted: standingAt(116n) }), scope);
  assert.equal([ahead.decision, ahead.writes, ahead.ahead], ['nothing', [], 1]);
  assert.equal(codesOf(ahead), ['KP6007']);
  const behind = planGroupSync(groupAt(15n, { targetCommitted: standingAt(3n) }), scope);
  assert.equal([behind.decision, behind.moved], ['write', 1]);
});

test('what stands there already is written when it is due, so that it does not expire, and else only where its metadata differs', () => {
  const plan = (renew: boolean, metadata: string) =>
    planGroupSync(groupAt(15n, { targetCommitted: standingAt(115n, metadata), renew }), scope);
  assert.equal(
    [plan(true, 'note').decision, plan(true, 'note').writes.length, plan(true, 'note').moved],
    ['write', 1, 0],
  );
  assert.is(plan(false, 'note').decision, 'nothing');
  assert.equal(plan(false, 'older').writes, [{ ...target, offset: 115n, metadata: 'note' }]);
});

test('what was written is ours; what somebody else committed at the very same place is not', () => {
  assert.equal(planGroupSync(groupAt(15n), scope).own, ownAt(115n));
  assert.is(planGroupSync(groupAt(15n, { targetCommitted: standingAt(115n) }), scope).own.size, 0);
  const kept = groupAt(15n, { targetCommitted: standingAt(115n), own: ownAt(115n), renew: false });
  assert.equal(planGroupSync(kept, scope).own, ownAt(115n));
});

test('a group that was reset at the source stays while it is kept in sync, renewed, and the source wins at the cutover', () => {
  const reset = groupAt(12n, { targetCommitted: standingAt(115n), own: ownAt(115n) });
  const syncing = planGroupSync(reset, scope);
  assert.equal([syncing.writes, syncing.moved], [standingAt(115n), 0]);
  assert.equal(codesOf(syncing), ['KP6050']);
  assert.is(planGroupSync({ ...reset, renew: false }, scope).decision, 'nothing');
  const cutover = planGroupSync(reset, { ...scope, moment: 'cutover' });
  assert.equal([cutover.writes, cutover.diagnostics], [standingAt(112n), []]);
  const theirs = planGroupSync({ ...reset, own: ownAt(114n) }, { ...scope, moment: 'cutover' });
  assert.equal([theirs.writes, codesOf(theirs)], [[], ['KP6007']]);
});

const gone = (changes: Partial<GroupOnBothSides>) =>
  planGroupSync(groupAt(0n, { committed: [], targetCommitted: standingAt(115n), own: ownAt(115n), ...changes }), scope);
const emptyOnTarget = { group: 'billing', type: 'classic', state: 'Empty', members: [], hadMembers: false };

test('a commit of ours that is gone at the source is removed', () => {
  const plan = gone({ targetDescription: emptyOnTarget });
  assert.equal([plan.decision, plan.removals, plan.writes], ['write', [target], []]);
  assert.equal(plan.own, ownAt(115n), 'ours until it is removed');
});

test('one that somebody else made stays, and is no business of ours from then on', () => {
  const metadata = gone({ targetCommitted: standingAt(115n, 'other') });
  const moved = gone({ targetCommitted: standingAt(116n) });
  const epoch = gone({ targetCommitted: standingAt(115n).map((one) => ({ ...one, leaderEpoch: 3 })) });
  const read = gone({ targetDescription: { ...emptyOnTarget, hadMembers: true } });
  for (const plan of [metadata, moved, epoch, read]) {
    assert.equal([plan.decision, plan.removals, plan.own.size], ['nothing', [], 0]);
    assert.equal(codesOf(plan), ['KP6052']);
  }
});

test('without a record of ours nothing is removed: lost state deletes nothing', () => {
  assert.equal([gone({ own: new Map() }).decision, gone({ own: new Map() }).diagnostics], ['nothing', []]);
});

test('what expired on the target is forgotten; what is ours where nothing is mirrored now is kept', () => {
  assert.equal([gone({ targetCommitted: [] }).own.size, gone({ targetCommitted: [] }).removals], [0, []]);
  const elsewhere = planGroupSync(groupAt(0n, { committed: [], targetCommitted: standingAt(115n), own: ownAt(115n) }), {
    ...scope,
    partitions: new Map(),
  });
  assert.equal([elsewhere.removals, elsewhere.own], [[], ownAt(115n)]);
});

test('a group that is active on the target and gone at the source has moved: nothing is said or done', () => {
  const members = [{ memberId: 'm-1', clientId: 'billing-app', host: '/10.0.0.7' }];
  const plan = gone({ targetDescription: { ...emptyOnTarget, state: 'Stable', members, hadMembers: true } });
  assert.equal([plan.decision, plan.diagnostics], ['nothing', []]);
});

/** Partition 1 holds records 4 to 9, mirrored to 204 to 209. */
const second = { source: { topic: 'orders', partition: 1 }, target: { topic: 'eu.orders', partition: 1 } };
const wider: GroupSyncScope = {
  ...scope,
  partitions: new Map([
    ...scope.partitions,
    [
      partitionKey(second.source),
      {
        ...second,
        input: {
          segments: [{ source: 4n, target: 204n, length: 6n }],
          startSource: 2n,
          nextSource: 10n,
          nextTarget: 211n,
          source: { start: 4n, end: 10n },
          target: { start: 0n, end: 211n },
        },
      },
    ],
  ]),
};

test('a partition without a commit begins as uncommitted says, in topics that the group reads', () => {
  const writesOn = (
    rules: Partial<Pick<GroupSyncScope, 'moment' | 'uncommitted'>>,
    changes: Partial<GroupOnBothSides> = {},
  ) =>
    planGroupSync(groupAt(15n, changes), { ...wider, ...rules })
      .writes.filter((one) => one.partition === 1)
      .map((one) => one.offset);
  assert.equal(writesOn({ uncommitted: 'leave' }), []);
  assert.equal(writesOn({ uncommitted: 'end-at-cutover' }), []);
  assert.equal(writesOn({ uncommitted: 'start' }), [204n]);
  assert.equal(writesOn({ uncommitted: 'end-at-cutover', moment: 'cutover' }), [211n]);
  assert.equal(writesOn({ uncommitted: 'leave', moment: 'cutover' }), []);
  const theirs = [{ ...second.target, offset: 7n, metadata: null }];
  assert.equal(writesOn({ uncommitted: 'start' }, { targetCommitted: theirs }), [], 'theirs is left alone');
  assert.equal(writesOn({ uncommitted: 'start' }, { committed: [] }), [], 'it reads none of the topic');
});

test('with start, what begins there stays ours and is renewed; a commit that is gone at the source is removed first', () => {
  const own = (offset: bigint): OwnCommits => new Map([['eu.orders', new Map([[1, { offset, mark: '' }]])]]);
  const planned = (offset: bigint) =>
    planGroupSync(groupAt(15n, { targetCommitted: [{ ...second.target, offset, metadata: '' }], own: own(offset) }), {
      ...wider,
      uncommitted: 'start',
    });
  assert.equal(planned(204n).removals, []);
  assert.equal(
    planned(204n).writes.map((one) => one.offset),
    [115n, 204n],
  );
  assert.equal(planned(207n).removals, [second.target]);
});

test('a group that is active on the target is not touched, and its members are named', () => {
  const members = [{ memberId: 'm-1', clientId: 'billing-app', host: '/10.0.0.7' }];
  const targetDescription = { group: 'billing', type: 'classic', state: 'Stable', members, hadMembers: true };
  const plan = planGroupSync(groupAt(15n, { targetDescription }), scope);
  assert.equal([plan.decision, plan.writes], ['active', []]);
  assert.equal(codesOf(plan), ['KP6002']);
  assert.match(plan.diagnostics[0]?.detail ?? '', 'billing-app at /10.0.0.7');
  assert.is(plan.diagnostics[0]?.address, 'group/dc-to-msk/billing');
});

test('a group that rebalances is active though it has no members yet; an empty and a dead one are not', () => {
  const stateOf = (state: string) => {
    const targetDescription = { group: 'billing', type: 'classic', state, members: [], hadMembers: true };
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

test('a group of another kind on the target, which nobody describes and which has commits, is not touched', () => {
  const targetDescription = { group: 'billing', type: 'classic', state: 'Dead', members: [], hadMembers: false };
  const there = { targetDescription, targetCommitted: standingAt(112n), own: ownAt(112n) };
  const plan = planGroupSync(groupAt(15n, there), scope);
  assert.equal([plan.decision, plan.writes, codesOf(plan)], ['unsupported', [], ['KP6003']]);
  const gone = planGroupSync(groupAt(15n, { ...there, committed: [] }), scope);
  assert.equal([gone.decision, gone.removals, gone.own], ['nothing', [], there.own]);
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
