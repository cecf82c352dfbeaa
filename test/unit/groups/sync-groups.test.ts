import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { syncGroups } from '../../../runner/groups/sync-groups.ts';
import { LeaseLost } from '../../../runner/state/problems.ts';
import { createGroupWorld, targetOffsets } from './group-world.ts';

test('a group that may not be written fails alone, the others are brought along', async () => {
  const world = createGroupWorld();
  for (const group of ['allowed', 'denied', 'late']) world.commitAtSource(group, 5n);
  world.denied.add('denied');
  const results = await syncGroups(world.request);
  assert.equal([...world.target.keys()], ['allowed', 'late']);
  assert.equal(
    results.map((one) => [one.group, one.outcome, one.diagnostics.map(({ code }) => code)]),
    [
      ['allowed', 'written', []],
      ['denied', 'failed', ['KP6008']],
      ['late', 'written', []],
    ],
  );
});

test('groups are written many in one transaction', async () => {
  const world = createGroupWorld();
  for (let count = 0; count < 40; count += 1) world.commitAtSource(`group-${count}`, 5n);
  await syncGroups(world.request);
  assert.is(world.target.size, 40);
  assert.is(world.asked.filter((one) => one === 'EndTxn').length, 2);
});

test('where commits take long, a transaction ends before its coordinator gives up on it, and the round goes on', async () => {
  const world = createGroupWorld();
  const groups = Array.from({ length: 40 }, (_, index) => `group-${index}`);
  for (const group of groups) {
    world.commitAtSource(group, 5n);
    world.slow.set(group, 5_000);
  }
  const results = await syncGroups(world.request);
  assert.equal([...world.target.keys()].sort(), [...groups].sort());
  assert.equal([...new Set(results.map((one) => one.outcome))], ['written']);
  assert.equal(results.map((one) => one.group).sort(), [...groups].sort(), 'each is told once');
  assert.is(world.asked.filter((one) => one === 'TxnOffsetCommit').length, groups.length);
});

for (const trouble of ['slow', 'silent'] as const) {
  test(`a group whose coordinator is ${trouble} keeps no other from being brought along, and is tried last in the next round`, async () => {
    const world = createGroupWorld();
    const groups = Array.from({ length: 45 }, (_, index) => `group-${index}`);
    for (const group of groups) world.commitAtSource(group, 5n);
    const bad = 'group-3';
    world.slow.set(bad, 70_000);
    if (trouble === 'silent') world.silent.add(bad);
    const results = await syncGroups(world.request);
    assert.is(world.target.size, groups.length - 1);
    assert.equal(
      results.flatMap(({ group, outcome, diagnostics }) =>
        outcome === 'written' ? [] : [[group, outcome, diagnostics.map(({ code }) => code)]],
      ),
      [[bad, 'failed', ['KP6008']]],
    );
    assert.equal(results.map((one) => one.group).sort(), [...groups].sort(), 'each is told once');
    for (const group of ['group-1', 'group-9']) world.commitAtSource(group, 6n);
    world.asked.length = 0;
    const next = await syncGroups(world.request);
    assert.equal(
      next.filter((one) => one.outcome !== 'nothing').map((one) => one.group),
      ['group-1', 'group-9', bad],
    );
    assert.is(next.at(-1)?.group, bad);
    assert.is(world.asked.filter((one) => one === 'TxnOffsetCommit').length, 3);
    world.slow.clear();
    world.silent.clear();
    await syncGroups(world.request);
    assert.is(world.target.size, groups.length);
  });
}

test('a target that does not answer at all ends the round, and the next one goes on where it was', async () => {
  const world = createGroupWorld();
  const groups = Array.from({ length: 60 }, (_, index) => `group-${index}`);
  for (const group of groups) world.commitAtSource(group, 5n);
  for (const group of groups.slice(20)) world.silent.add(group);
  const outcome = await syncGroups(world.request).catch((error: unknown) => error);
  assert.match(String(outcome), 'COORDINATOR_NOT_AVAILABLE');
  assert.is(world.target.size, 20);
  assert.ok(world.asked.filter((one) => one === 'TxnOffsetCommit').length < 30, 'it did not try them all');
  world.silent.clear();
  world.asked.length = 0;
  const next = await syncGroups(world.request);
  assert.is(world.target.size, groups.length);
  assert.equal(next.map((one) => one.group).sort(), groups.slice(20).sort());
});

test('groups that fail for good do not keep those behind them from being tried', async () => {
  const world = createGroupWorld();
  const groups = Array.from({ length: 12 }, (_, index) => `group-${String(index).padStart(2, '0')}`);
  for (const group of groups) world.commitAtSource(group, 5n);
  for (const group of groups.slice(0, 6)) world.silent.add(group);
  for (let rounds = 0; rounds < 4; rounds += 1) await syncGroups(world.request).catch(() => {});
  assert.equal([...world.target.keys()].sort(), groups.slice(6));
});

test('a lost lease ends the round, whatever was asked last', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  world.commitAtSource('mail', 5n);
  const { target } = world.request;
  const lost = new LeaseLost('new', 'flow/f', new Error('it was over'));
  const log = { ...target.log, commitGroupOffsets: () => Promise.reject(lost) };
  const outcome = await syncGroups({ ...world.request, target: { ...target, log } }).catch((error: unknown) => error);
  assert.is(outcome, lost);
  await syncGroups(world.request);
  world.source.clear();
  const groupWriter = { deleteOffsets: () => Promise.reject(lost) };
  const removing = syncGroups({ ...world.request, target: { ...target, groupWriter } });
  assert.is(await removing.catch((error: unknown) => error), lost);
});

test('a round in which nothing moved asks nothing of the target; one in which a group moved writes only that one', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  world.commitAtSource('mail', 7n);
  await syncGroups(world.request);
  world.asked.length = 0;
  assert.equal(await syncGroups(world.request), []);
  assert.equal(world.asked, []);
  world.commitAtSource('mail', 8n);
  const [moved, ...others] = await syncGroups(world.request);
  assert.equal([moved?.group, moved?.writes.map((one) => one.offset), others], ['mail', [108n], []]);
});

test('what stands is written again when it is due, and only then', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  await syncGroups(world.request);
  world.passMs(300_000);
  assert.equal(
    (await syncGroups(world.request)).map((one) => one.writes.length),
    [0],
    'looked at again',
  );
  world.passMs(300_000);
  assert.equal(
    (await syncGroups(world.request)).map((one) => one.writes.length),
    [1],
    'renewed',
  );
});

test('a group that waits for the mirror is looked at in each round', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 60n);
  assert.equal((await syncGroups(world.request)).length, 1);
  assert.equal((await syncGroups(world.request)).length, 1);
});

test('what the target forgot of a group that had members there is written in the next round', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  world.descriptions.set('billing', {
    ...{ group: 'billing', type: 'classic', state: 'Empty', members: [], hadMembers: true },
  });
  await syncGroups(world.request);
  world.target.delete('billing');
  await syncGroups(world.request);
  assert.equal(targetOffsets(world, 'billing'), ['orders:0 105 ""']);
});

test.run();
