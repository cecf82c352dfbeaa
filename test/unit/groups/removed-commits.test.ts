import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { syncGroups } from '../../../runner/groups/sync-groups.ts';
import { codesOf, createGroupWorld, type GroupWorld, partition, targetOffsets, withReads } from './group-world.ts';

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
  let reads = 0;
  await syncGroups(
    withReads(world, 'source', (count) => {
      reads = count;
      world.topicIsHidden = count > 1;
    }),
  );
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

test.run();
