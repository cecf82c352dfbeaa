import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { enableOtherGroups, joinOtherGroup } from '../fixtures/other-groups.ts';
import { uniqueName } from '../fixtures/records.ts';
import {
  brief,
  committedOn,
  joinAndLeave,
  metadata,
  modernConsumer,
  nextValue,
  old,
  recent,
  retentionMs,
  startKeeping,
  waitMs,
  withTopic,
} from './groups-kept-world.ts';

const keeping = await startKeeping();

test('what is gone at the source is removed where nobody but kplan committed or read it', () =>
  withTopic(async ({ topic, sync, source, target }) => {
    const names = {
      deleted: uniqueName('deleted'),
      part: uniqueName('part'),
      read: uniqueName('read'),
      reset: uniqueName('reset'),
    };
    const groups = Object.values(names);
    for (const group of groups) {
      const commits = [0, 1].map((partition) => ({ topic, partition, offset: partition === 0 ? 7n : 0n, metadata }));
      await commitOffsets(old, group, commits);
    }
    await sync(groups);
    await joinAndLeave(recent, names.read, topic);
    const reset = (await committedOn(target, names.reset)).get(0);
    assert.ok(reset);
    await commitOffsets(recent, names.reset, [{ topic, partition: 0, offset: reset.offset, metadata: 'by an admin' }]);

    for (const group of [names.deleted, names.read, names.reset]) {
      await source.groupWriter.deleteOffsets(
        group,
        [0, 1].map((partition) => ({ topic, partition })),
      );
    }
    await source.groupWriter.deleteOffsets(names.part, [{ topic, partition: 1 }]);
    const results = new Map((await sync(groups)).map((one) => [one.group, one]));
    const codes = (group: string) => results.get(group)?.diagnostics.map((one) => one.code);
    assert.equal(groups.map(codes), [['KP6051'], ['KP6051'], ['KP6052'], ['KP6052', 'KP6051']]);
    assert.equal([...(await committedOn(target, names.deleted)).keys()], []);
    assert.equal([...(await committedOn(target, names.part)).keys()], [0]);
    assert.equal([...(await committedOn(target, names.read)).keys()].sort(), [0, 1]);
    const left = await committedOn(target, names.reset);
    assert.equal([[...left.keys()], left.get(0)?.metadata], [[0], 'by an admin']);
    assert.equal(
      (await sync(groups)).flatMap((one) => one.diagnostics),
      [],
    );
  }));

test('a group that went back at the source stays where it was brought, and that is said', () =>
  withTopic(async ({ topic, sync, target }) => {
    const group = uniqueName('back');
    await commitOffsets(old, group, [{ topic, partition: 0, offset: 9n, metadata }]);
    await sync([group]);
    const before = await committedOn(target, group);
    await commitOffsets(old, group, [{ topic, partition: 0, offset: 2n, metadata: 'reset' }]);
    const [result] = await sync([group]);
    assert.equal(
      result?.diagnostics.map((one) => one.code),
      ['KP6050'],
    );
    assert.equal(await committedOn(target, group), before);
  }));

test('with uncommitted: start a partition without a commit begins at its first record', () =>
  withTopic(
    async ({ topic, sync, target }) => {
      const group = uniqueName('start');
      await commitOffsets(old, group, [{ topic, partition: 1, offset: 0n }]);
      await sync([group]);
      const at = (await committedOn(target, group)).get(0)?.offset;
      assert.is(await nextValue(recent, topic, at), 'value 0');
    },
    { uncommitted: 'start' },
  ));

test('a KIP-848 group on the target is named with its members while it is active, brought along while it is empty, and reads on from there', () =>
  withTopic(async ({ topic, sync, target }) => {
    const group = uniqueName('modern');
    await commitOffsets(old, group, [{ topic, partition: 0, offset: 13n, metadata }]);
    const trial = await modernConsumer(recent, group, topic, 'earliest');
    await trial.first;
    const [active] = await sync([group]);
    assert.equal([active?.outcome, active?.diagnostics[0]?.code], ['active', 'KP6002']);
    assert.match(active?.diagnostics[0]?.detail ?? '', /shop at \/?127\.0\.0\.1/);
    assert.is((await committedOn(target, group)).size, 0);
    await trial.consumer.close(true);
    await eventually('the group is empty', waitMs, async () => {
      return (await target.groups.describeGroups([group])).get(group)?.state === 'Empty';
    });
    assert.is((await sync([group]))[0]?.outcome, 'written');
    const committed = (await committedOn(target, group)).get(0);
    assert.equal([committed?.metadata, committed?.leaderEpoch], [metadata, -1]);
    const switched = await modernConsumer(recent, group, topic, 'committed');
    assert.is(await switched.first, 'value 13');
    await switched.consumer.close(true);
  }));

test('a KIP-848 group of the source is brought along; share and streams groups are reported', async () => {
  await enableOtherGroups(brief.bootstrap);
  await withTopic(
    async ({ topic, sync, source, target }) => {
      const group = uniqueName('modern');
      const { consumer, first } = await modernConsumer(brief.bootstrap, group, topic, 'earliest');
      await first;
      await consumer.commit({ offsets: [{ topic, partition: 0, offset: 5n, leaderEpoch: 0 }] });
      const others = { share: uniqueName('share'), streams: uniqueName('streams') };
      await joinOtherGroup(brief.bootstrap, 'share', others.share, topic);
      await joinOtherGroup(brief.bootstrap, 'streams', others.streams, topic);
      const listed = new Map((await source.reader.listGroups()).map((one) => [one.group, one.type]));
      assert.equal(
        [group, others.share, others.streams].map((one) => listed.get(one)),
        ['consumer', 'share', 'streams'],
      );
      const results = new Map((await sync([group, others.share, others.streams])).map((one) => [one.group, one]));
      await consumer.close(true);
      for (const other of Object.values(others)) {
        const result = results.get(other);
        assert.equal([result?.outcome, result?.diagnostics.map((one) => one.code)], ['unsupported', ['KP6003']]);
      }
      assert.is(await nextValue(recent, topic, (await committedOn(target, group)).get(0)?.offset), 'value 5');
    },
    { bootstrap: { source: brief.bootstrap, target: recent } },
  );
});

test('a share group has taken the name on the target: that group is refused, and the others are brought along', async () => {
  await enableOtherGroups(brief.bootstrap);
  await withTopic(
    async ({ topic, sync, target }) => {
      const [taken, free] = [uniqueName('taken'), uniqueName('free')];
      await joinOtherGroup(brief.bootstrap, 'share', taken, topic);
      for (const group of [taken, free]) await commitOffsets(old, group, [{ topic, partition: 0, offset: 5n }]);
      const results = new Map((await sync([taken, free])).map((one) => [one.group, one]));
      assert.equal([results.get(taken)?.outcome, results.get(free)?.outcome], ['failed', 'written']);
      assert.ok(results.get(taken)?.diagnostics.some((one) => one.code === 'KP6008'));
      assert.is(await nextValue(brief.bootstrap, topic, (await committedOn(target, free)).get(0)?.offset), 'value 5');
    },
    { bootstrap: { source: old, target: brief.bootstrap } },
  );
});

test('commits are renewed before the target forgets them, while a flow is followed', async () => {
  const { looks, topic, tried, target, end } = keeping;
  assert.is(await target.groups.offsetsRetentionMs(), retentionMs);
  await eventually(
    'the target forgets what nobody renews',
    retentionMs + waitMs,
    () => looks.at(-1)?.isForgotten === true,
  );
  await eventually(
    'what it forgot, with the group, since members had left it, is written again',
    retentionMs + waitMs,
    async () => {
      const { hadMembers } = (await target.groups.describeGroups([tried])).get(tried) ?? {};
      return hadMembers === false && (await committedOn(target, tried)).get(0)?.offset === looks[0]?.kept;
    },
  );
  await end();
  assert.equal([...new Set(looks.map((one) => one.kept))].length, 1, 'it never was missing');
  assert.is(await nextValue(brief.bootstrap, topic, looks[0]?.kept), 'value 7');
});

test.after(() => brief.stop());
test.run();
