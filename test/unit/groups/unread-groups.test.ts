import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { syncGroups } from '../../../runner/groups/sync-groups.ts';
import { codesOf, createGroupWorld, withReads } from './group-world.ts';

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
  const [result] = await syncGroups(
    withReads(world, 'source', (count) => {
      if (count > 1) world.unread.source.set('billing', 'COORDINATOR_NOT_AVAILABLE');
    }),
  );
  assert.equal([result?.diagnostics.map(({ code }) => code), result?.removals], [['KP6053'], []]);
  assert.equal([world.deleted, world.target.get('billing')?.length], [[], 1]);
  world.unread.source.clear();
  world.passMs(60_000);
  assert.equal(await codesOf(world), ['KP6051']);
});

test('a group whose transaction ends while the round waits is brought along in that round', async () => {
  const world = createGroupWorld();
  world.commitAtSource('pending', 5n);
  const request = withReads(world, 'target', (count) => {
    if (count === 1) world.unread.target.set('pending', 'UNSTABLE_OFFSET_COMMIT');
    else world.unread.target.clear();
  });
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
