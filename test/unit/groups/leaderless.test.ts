import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { incompleteMap } from '../../../runner/engines/native/faults.ts';
import { syncGroups } from '../../../runner/groups/sync-groups.ts';
import {
  createGroupWorld,
  type GroupWorld,
  others,
  partition,
  targetOffsets as unsortedOffsets,
} from './group-world.ts';

const [mail, mailToo] = others as [typeof partition, typeof partition];

function commit(world: GroupWorld, group: string, places: readonly (typeof partition)[], offset: bigint): void {
  world.source.set(
    group,
    places.map((at) => ({ ...at, offset, metadata: '' })),
  );
}

function targetOffsets(world: GroupWorld, group: string): string[] {
  return unsortedOffsets(world, group).sort();
}

async function outcomes(world: GroupWorld) {
  const results = await syncGroups(world.request);
  return results
    .map((one) => [one.group, one.outcome, one.diagnostics.map(({ code }) => code)])
    .sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1));
}

for (const side of ['source', 'target'] as const) {
  test(`a ${side} partition without a leader keeps only the groups that read it, and those only there`, async () => {
    const world = createGroupWorld();
    commit(world, 'elsewhere', [partition], 5n);
    commit(world, 'nearby', [mailToo], 6n);
    commit(world, 'reads-all', [partition, mail, mailToo], 7n);
    commit(world, 'reads-it', [mail], 8n);
    world.leaderless[side].add('mail:0');
    const startMs = world.request.clock.nowMs();
    assert.equal(await outcomes(world), [
      ['elsewhere', 'written', []],
      ['nearby', 'written', []],
      ['reads-all', 'written', ['KP6056']],
      ['reads-it', 'nothing', ['KP6056']],
    ]);
    assert.ok(world.request.clock.nowMs() - startMs < 5_000, 'the others are not kept waiting');
    assert.equal(targetOffsets(world, 'reads-all'), ['mail:1 107 ""', 'orders:0 107 ""']);
    assert.equal(targetOffsets(world, 'reads-it'), []);
    assert.equal(await outcomes(world), [
      ['reads-all', 'nothing', ['KP6056']],
      ['reads-it', 'nothing', ['KP6056']],
    ]);
    world.leaderless[side].clear();
    assert.equal(await outcomes(world), [
      ['reads-all', 'written', []],
      ['reads-it', 'written', []],
    ]);
    assert.equal(targetOffsets(world, 'reads-it'), ['mail:0 108 ""']);
    assert.equal(await outcomes(world), []);
  });

  test(`where no leader of a ${side} partition answers nothing is moved, removed or forgotten, and what is ours does not expire`, async () => {
    const world = createGroupWorld();
    commit(world, 'billing', [partition, mail], 5n);
    commit(world, 'gone', [mail], 5n);
    await syncGroups(world.request);
    world.leaderless[side].add('mail:0');
    commit(world, 'billing', [partition, mail], 9n);
    world.source.delete('gone');
    world.restart();
    world.passMs(600_000);
    world.asked.length = 0;
    assert.equal(await outcomes(world), [
      ['billing', 'written', ['KP6056']],
      ['gone', 'written', ['KP6056']],
    ]);
    assert.is(world.asked.filter((one) => one === 'TxnOffsetCommit').length, 2, 'both are renewed');
    assert.equal(targetOffsets(world, 'billing'), ['mail:0 105 ""', 'orders:0 109 ""']);
    assert.equal([targetOffsets(world, 'gone'), world.deleted], [['mail:0 105 ""'], []]);
    world.leaderless[side].clear();
    assert.equal(await outcomes(world), [
      ['billing', 'written', []],
      ['gone', 'written', ['KP6051']],
    ]);
    assert.equal(targetOffsets(world, 'billing'), ['mail:0 109 ""', 'orders:0 109 ""']);
  });
}

test('a partition whose offset map was cleaned while it was read keeps no other', async () => {
  const world = createGroupWorld();
  commit(world, 'billing', [mail, mailToo], 5n);
  const { readPositions } = world.request;
  const broken = async () => {
    const positions = await readPositions();
    return positions.map((one) => {
      const at = one.record.source;
      const segments = () => {
        throw incompleteMap('new', '__kplan.m.positions', one.record, 7n);
      };
      return at.topic === mail.topic && at.partition === mail.partition ? { ...one, segments } : one;
    });
  };
  const [result] = await syncGroups({ ...world.request, readPositions: broken });
  assert.equal([result?.outcome, result?.diagnostics.map(({ code }) => code)], ['written', ['KP6056']]);
  assert.match(result?.diagnostics[0]?.detail ?? '', 'was cleaned while it was read');
  assert.equal(targetOffsets(world, 'billing'), ['mail:1 105 ""']);
  assert.equal(await outcomes(world), [['billing', 'written', []]]);
});

test('it names the partitions and what the cluster answers', async () => {
  const world = createGroupWorld();
  commit(world, 'billing', [mail, mailToo], 5n);
  world.leaderless.source.add('mail:0').add('mail:1');
  const [result] = await syncGroups(world.request);
  const [told] = result?.diagnostics ?? [];
  assert.match(told?.summary ?? '', /^Group billing waits in 2 partitions/);
  assert.match(told?.detail ?? '', /mail:0, mail:1.*LEADER_NOT_AVAILABLE/s);
});

test('a partition without a commit, which would begin at the start, waits as well; no other one is told of', async () => {
  for (const [uncommitted, codes] of [
    ['start', ['KP6056']],
    ['leave', []],
  ] as const) {
    const world = createGroupWorld(uncommitted);
    commit(world, 'billing', [mailToo], 5n);
    world.leaderless.source.add('mail:0');
    assert.equal(await outcomes(world), [['billing', 'written', codes]]);
    assert.equal(targetOffsets(world, 'billing'), ['mail:1 105 ""']);
  }
});

test.run();
