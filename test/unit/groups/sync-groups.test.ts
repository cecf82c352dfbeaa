import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { syncGroups } from '../../../runner/groups/sync-groups.ts';
import { LeaseLost } from '../../../runner/state/problems.ts';
import { createGroupWorld, type GroupWorld, partition } from './group-world.ts';

async function codesOf(world: GroupWorld): Promise<string[]> {
  return (await syncGroups(world.request)).flatMap((one) => one.diagnostics.map(({ code }) => code));
}

function targetOffsets(world: GroupWorld, group: string): string[] {
  return (world.target.get(group) ?? []).map((one) => `${one.topic}:${one.partition} ${one.offset} "${one.metadata}"`);
}

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

test('a commit that is gone at the source is removed, by a process that only knows what was stored, too', async () => {
  for (const restarts of [false, true]) {
    const world = createGroupWorld();
    world.commitAtSource('billing', 5n, 'note');
    await syncGroups(world.request);
    assert.equal(targetOffsets(world, 'billing'), ['orders:0 105 "note"']);
    world.source.delete('billing');
    if (restarts) world.restart();
    assert.equal(await codesOf(world), ['KP6051']);
    assert.equal(world.deleted, ['billing orders:0']);
    world.restart();
    world.target.set('billing', [{ ...partition, offset: 105n, metadata: 'note' }]);
    assert.equal(await codesOf(world), [], 'it is forgotten: whoever commits the same later is somebody else');
    assert.is(world.deleted.length, 1);
  }
});

test('nothing is removed that somebody else committed, or read', async () => {
  const others: ((world: GroupWorld) => void)[] = [
    (world) => world.target.set('billing', [{ ...partition, offset: 106n, metadata: '' }]),
    (world) =>
      world.descriptions.set('billing', {
        ...{ group: 'billing', type: 'classic', state: 'Empty', members: [], hadMembers: true },
      }),
  ];
  for (const other of others) {
    const world = createGroupWorld();
    world.commitAtSource('billing', 5n);
    await syncGroups(world.request);
    world.source.delete('billing');
    other(world);
    assert.equal(await codesOf(world), ['KP6052']);
    assert.equal(world.deleted, []);
    assert.equal(await codesOf(world), [], 'it is said once');
  }
});

test('commits in topics that the source does not show any more are not taken for gone', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  await syncGroups(world.request);
  world.source.set('billing', []);
  world.topicIsHidden = true;
  assert.equal(await codesOf(world), []);
  assert.equal([world.deleted, world.target.get('billing')?.length], [[], 1]);
  world.topicIsHidden = false;
  world.passMs(60_000);
  assert.equal(await codesOf(world), ['KP6051']);
});

test('nor are those that vanish from view while they are looked at once more', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  await syncGroups(world.request);
  world.source.set('billing', []);
  const { source } = world.request;
  let reads = 0;
  const committedOfEach: typeof source.groups.committedOfEach = async (...asked) => {
    reads += 1;
    world.topicIsHidden = reads > 1;
    return source.groups.committedOfEach(...asked);
  };
  await syncGroups({ ...world.request, source: { ...source, groups: { ...source.groups, committedOfEach } } });
  assert.is(reads, 2);
  assert.equal([world.deleted, world.target.get('billing')?.length], [[], 1]);
});

test('a removal that is refused is said, and tried again later', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  await syncGroups(world.request);
  world.source.delete('billing');
  world.refusesDeletion = 'GROUP_AUTHORIZATION_FAILED';
  assert.equal(await codesOf(world), ['KP6053']);
  world.refusesDeletion = null;
  world.passMs(60_000);
  assert.equal(await codesOf(world), ['KP6051']);
});

/** Synced at 105; then, moved to 9 at the source, 109 was refused, or the process was killed at the end of the transaction. */
async function worldCutShort(how: 'refused' | 'before EndTxn' | 'after EndTxn'): Promise<GroupWorld> {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  await syncGroups(world.request);
  world.commitAtSource('billing', 9n);
  if (how === 'refused') world.denied.add('billing');
  else world.killedAt = how;
  const outcome = await syncGroups(world.request).then(
    (results) => results.map((one) => one.outcome),
    (error: unknown) => String(error),
  );
  assert.equal(outcome, how === 'refused' ? ['failed'] : 'Error: killed');
  world.killedAt = null;
  world.denied.clear();
  return world;
}

const cuts = ['refused', 'before EndTxn', 'after EndTxn'] as const;

test('what a commit that failed, or a kill at it, leaves on the target is known as ours, be it the older or the newer one', async () => {
  for (const how of cuts) {
    const world = await worldCutShort(how);
    const left = how === 'after EndTxn' ? 'orders:0 109 ""' : 'orders:0 105 ""';
    assert.equal(targetOffsets(world, 'billing'), [left], how);
    world.restart();
    world.source.delete('billing');
    assert.equal(await codesOf(world), ['KP6051'], how);
    assert.equal(world.deleted, ['billing orders:0'], how);
  }
});

test('what somebody else commits after it is not taken for ours', async () => {
  for (const how of cuts) {
    const world = await worldCutShort(how);
    world.restart();
    world.source.delete('billing');
    world.target.set('billing', [{ ...partition, offset: 107n, metadata: '' }]);
    assert.equal(await codesOf(world), ['KP6052'], how);
    assert.equal(world.deleted, [], how);
  }
});

test('nor is the very offset that was refused, should somebody set it by hand', async () => {
  const world = await worldCutShort('refused');
  world.restart();
  world.target.set('billing', [{ ...partition, offset: 109n, metadata: '' }]);
  world.source.delete('billing');
  assert.equal(await codesOf(world), ['KP6052']);
  assert.equal(world.deleted, []);
});

test('once the newer commit stands, somebody who goes back to the older one is somebody else', async () => {
  const world = createGroupWorld();
  for (const offset of [5n, 9n]) {
    world.commitAtSource('billing', offset);
    await syncGroups(world.request);
  }
  world.restart();
  world.target.set('billing', [{ ...partition, offset: 105n, metadata: '' }]);
  world.source.delete('billing');
  assert.equal(await codesOf(world), ['KP6052']);
});

test('two kills in a row leave ours what stands', async () => {
  const world = await worldCutShort('before EndTxn');
  world.restart();
  world.commitAtSource('billing', 12n);
  world.killedAt = 'before EndTxn';
  await syncGroups(world.request).catch(() => {});
  world.killedAt = null;
  world.restart();
  world.source.delete('billing');
  assert.equal(await codesOf(world), ['KP6051']);
});

test('a commit whose renewal is refused stays ours', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  await syncGroups(world.request);
  world.passMs(600_000);
  world.denied.add('billing');
  assert.equal(await codesOf(world), ['KP6008']);
  world.source.delete('billing');
  assert.equal(await codesOf(world), ['KP6051']);
});

test('a group that the source hides from now on keeps no other from being brought along, and what is ours of it stays', async () => {
  const world = createGroupWorld();
  world.commitAtSource('hidden', 5n);
  await syncGroups(world.request);
  world.source.delete('hidden');
  world.commitAtSource('other', 7n);
  world.unread.source.set('hidden', 'GROUP_AUTHORIZATION_FAILED');
  const outcomes = (await syncGroups(world.request)).map(({ group, outcome }) => [group, outcome]);
  assert.equal(outcomes, [
    ['hidden', 'failed'],
    ['other', 'written'],
  ]);
  assert.equal([world.target.has('other'), world.target.get('hidden')?.length, world.deleted], [true, 1, []]);
});

for (const side of ['source', 'target'] as const)
  for (const errorName of ['UNSTABLE_OFFSET_COMMIT', 'COORDINATOR_NOT_AVAILABLE'])
    test(`a group that the ${side} can not be asked about for now (${errorName}) keeps no other`, async () => {
      const world = createGroupWorld();
      world.commitAtSource('pending', 5n);
      world.commitAtSource('other', 7n);
      world.unread[side].set('pending', errorName);
      const results = await syncGroups(world.request);
      assert.equal(results.map((one) => [one.group, one.outcome, one.diagnostics.map(({ code }) => code)]).sort(), [
        ['other', 'written', []],
        ['pending', 'failed', ['KP6055']],
      ]);
      assert.match(results.find((one) => one.group === 'pending')?.diagnostics[0]?.summary ?? '', errorName);
      assert.equal([...world.target.keys()], ['other']);
      assert.equal(
        (await syncGroups(world.request)).map((one) => [one.group, one.outcome]),
        [['pending', 'failed']],
      );
      world.unread[side].clear();
      assert.equal(
        (await syncGroups(world.request)).map((one) => [one.group, one.outcome]),
        [['pending', 'written']],
      );
    });

test('of a group that can not be read nothing is removed, moved back or forgotten', async () => {
  for (const side of ['source', 'target'] as const) {
    const world = createGroupWorld();
    world.commitAtSource('pending', 5n);
    world.commitAtSource('other', 7n);
    await syncGroups(world.request);
    world.source.delete('pending');
    world.unread[side].set('pending', 'UNSTABLE_OFFSET_COMMIT');
    world.restart();
    assert.equal((await codesOf(world)).includes('KP6051'), false);
    assert.equal([world.deleted, world.target.get('pending')?.length], [[], 1]);
    world.unread[side].clear();
    world.restart();
    assert.equal(await codesOf(world), ['KP6051'], 'it was known all along that the commit is ours');
  }
});

test('nor of one that can not be read any more when it is looked at once more', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  await syncGroups(world.request);
  world.source.set('billing', []);
  const { source } = world.request;
  let reads = 0;
  const committedOfEach: typeof source.groups.committedOfEach = async (...asked) => {
    reads += 1;
    if (reads > 1) world.unread.source.set('billing', 'COORDINATOR_NOT_AVAILABLE');
    return source.groups.committedOfEach(...asked);
  };
  const [result] = await syncGroups({
    ...world.request,
    source: { ...source, groups: { ...source.groups, committedOfEach } },
  });
  assert.equal([result?.diagnostics.map(({ code }) => code), result?.removals], [['KP6053'], []]);
  assert.equal([world.deleted, world.target.get('billing')?.length], [[], 1]);
  world.unread.source.clear();
  world.passMs(60_000);
  assert.equal(await codesOf(world), ['KP6051']);
});

test('a group whose transaction ends while the round waits is brought along in that round', async () => {
  const world = createGroupWorld();
  world.commitAtSource('pending', 5n);
  const { target } = world.request;
  let reads = 0;
  const committedOfEach: typeof target.groups.committedOfEach = async (...asked) => {
    reads += 1;
    if (reads === 1) world.unread.target.set('pending', 'UNSTABLE_OFFSET_COMMIT');
    else world.unread.target.clear();
    return target.groups.committedOfEach(...asked);
  };
  const request = { ...world.request, target: { ...target, groups: { ...target.groups, committedOfEach } } };
  assert.equal(
    (await syncGroups(request)).map((one) => one.outcome),
    ['written'],
  );
});

test('many groups that can not be read on the target are waited for once, not one after the other', async () => {
  const world = createGroupWorld();
  for (let count = 0; count < 100; count += 1) {
    world.commitAtSource(`group-${count}`, 5n);
    world.unread.target.set(`group-${count}`, 'COORDINATOR_NOT_AVAILABLE');
  }
  const startMs = world.request.clock.nowMs();
  assert.is((await syncGroups(world.request)).filter((one) => one.outcome === 'failed').length, 100);
  assert.ok(world.request.clock.nowMs() - startMs < 4_000);
});

test.run();
