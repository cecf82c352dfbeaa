import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Consumer } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cluster, connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { startKplan } from '../fixtures/apply/run-kplan.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { type MirroredTopics, mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { enableOtherGroups, joinOtherGroup, otherGroupsProperties } from '../fixtures/other-groups.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

const waitMs = 30_000;
const retentionMs = 60_000;

/** Forgets commits after a minute, the shortest that brokers take, and has every kind of group that Kafka 4.1 has. */
const [shared, brief] = await Promise.all([
  sharedClusters(),
  startCluster({
    name: 'brief',
    version: '4.1',
    properties: {
      ...otherGroupsProperties,
      'offsets.retention.minutes': 1,
      'offsets.retention.check.interval.ms': 500,
    },
  }),
]);
const old = shared.source.bootstrap;
const recent = shared.target.bootstrap;

const values = Array.from({ length: 20 }, (_, index) => ({ value: Buffer.from(`value ${index}`) }));
const metadata = 'note';

interface Mirrored extends MirroredTopics {
  readonly topic: string;
}

/** Twenty records in partition 0 of two, mirrored to a topic of the same name. */
async function withTopic(
  use: (mirrored: Mirrored) => Promise<void>,
  {
    bootstrap = { source: old, target: recent },
    ...options
  }: Parameters<typeof mirroredTopics>[2] & {
    readonly bootstrap?: { readonly source: readonly string[]; readonly target: readonly string[] };
  } = {},
): Promise<void> {
  const topic = uniqueName('kept');
  for (const side of [bootstrap.source, bootstrap.target]) await createTopic(side, topic, { partitions: 2 });
  await produceRecords({ bootstrap: bootstrap.source, topic }, values);
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 2 }], options);
  try {
    await mirrored.mirror();
    await use({ ...mirrored, topic });
  } finally {
    await mirrored.close();
  }
}

async function committedOn({ groups }: Pick<Cluster, 'groups'>, group: string) {
  const commits = (await groups.committedOffsets([group])).get(group) ?? [];
  return new Map(commits.map((one) => [one.partition, one]));
}

async function nextValue(bootstrap: readonly string[], topic: string, from: bigint | undefined) {
  const [next] = await readAll({ bootstrap, topic, partition: 0, from: from ?? -1n });
  return next?.value?.toString();
}

/** A flow into `brief` that a process of its own follows, and what stands there of two groups: one is brought along, one is not. */
async function startKeeping() {
  const name = uniqueName('brief');
  const topic = `${name}-topic`;
  const [kept, tried] = [`${name}-kept`, `${name}-tried`];
  const directory = await mkdtemp(join(tmpdir(), 'kplan-kept-'));
  await createTopic(old, topic, { config: { 'retention.ms': '-1' } });
  await produceRecords({ bootstrap: old, topic }, values);
  for (const group of [kept, tried]) await commitOffsets(old, group, [{ topic, partition: 0, offset: 7n, metadata }]);
  await writeFile(
    join(directory, 'plan.yaml'),
    `version: 1
name: ${name}
clusters:
  old: { bootstrap: ${JSON.stringify(old)} }
  new: { bootstrap: ${JSON.stringify(brief.bootstrap)} }
flows:
  - { name: f, source: old, target: new, topics: { include: [${topic}] }, groups: { include: [${kept}, ${tried}] } }
`,
  );
  const kplan = startKplan(['apply', 'plan.yaml', '--auto-approve', '--follow', '--format', 'json'], directory);
  await eventually('it follows', waitMs * 3, () => {
    if (kplan.child.exitCode !== null) throw new Error(kplan.out() + kplan.err());
    return kplan.out().includes('"event":"follow_start"');
  });
  const forgotten = `${name}-forgotten`;
  await commitOffsets(brief.bootstrap, forgotten, [{ topic, partition: 0, offset: 3n }]);
  const target = connectCluster(
    connectionSettings({ cluster: 'brief', bootstrap: brief.bootstrap, addressMap: new Map() }),
  );
  await joinAndLeave(brief.bootstrap, tried, topic);
  const ended = new AbortController();
  const looks: { readonly kept: bigint | undefined; readonly isForgotten: boolean }[] = [];
  const looking = (async () => {
    while (!ended.signal.aborted) {
      const keptAt = (await committedOn(target, kept)).get(0)?.offset;
      looks.push({ kept: keptAt, isForgotten: (await committedOn(target, forgotten)).size === 0 });
      await pause(200);
    }
  })();
  return {
    ...{ kplan, topic, tried, looks, target },
    async end() {
      ended.abort();
      await looking;
      kplan.child.kill('SIGTERM');
      assert.is((await kplan.exited).code, 0, kplan.out() + kplan.err());
      await target.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Reads as a consumer of the classic protocol does, and leaves without a commit. */
async function joinAndLeave(bootstrap: readonly string[], group: string, topic: string): Promise<void> {
  const kafka = new Kafka({ clientId: 'trial', brokers: [...bootstrap], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: group });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  await joined;
  await consumer.disconnect();
}

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

/** A consumer of the new protocol (KIP-848), at work. */
async function modernConsumer(
  bootstrap: readonly string[],
  group: string,
  topic: string,
  mode: 'committed' | 'earliest',
) {
  const consumer = new Consumer({
    groupId: group,
    clientId: 'shop',
    bootstrapBrokers: [...bootstrap],
    groupProtocol: 'consumer',
  });
  const stream = await consumer.consume({ topics: [topic], mode, autocommit: false });
  const first = new Promise<string>((resolve) => stream.once('data', (message) => resolve(message.value.toString())));
  return { consumer, first };
}

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
    retentionMs,
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
