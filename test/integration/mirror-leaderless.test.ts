import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { partitionName } from '../../runner/engines/native/losses.ts';
import { groupMemory } from '../../runner/groups/rounds.ts';
import { buildBatch } from '../../runner/records/build.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { committedOffsets } from '../fixtures/kills/group-positions.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, readAll, uniqueName } from '../fixtures/records.ts';

/** Longer than 30 s, and what brokers need to start and to find that one is gone. */
const patienceMs = 120_000;
const partitions = 3;
const offsetsTopic = '__consumer_offsets';

/** The partition that holds a group (`Utils.abs(groupId.hashCode)`, not `toPositive`; `GroupMetadataManager.partitionFor`). */
function coordinatingPartition(group: string, count: number): number {
  const hash = [...group].reduce((sum, letter) => (Math.imul(31, sum) + letter.charCodeAt(0)) | 0, 0);
  return Math.abs(hash) % count;
}

test('a broker that holds the only replica of a partition goes away: all else is mirrored, and its groups are brought along', async () => {
  const { target } = await sharedClusters();
  const source = await startCluster({
    name: 'leaderless',
    brokers: 3,
    properties: { 'broker.session.timeout.ms': 3_000, 'offsets.topic.replication.factor': 1 },
    heapMaxMb: 320,
  });
  const topic = uniqueName('leaderless');
  for (const { bootstrap } of [source, target]) await createTopic(bootstrap, topic, { partitions });
  const bootstrap = { source: source.bootstrap, target: target.bootstrap };
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions }]);
  const mirroredTo = async (ends: readonly bigint[]) => {
    const next = new Map(
      (await mirrored.positions()).map(({ record }) => [record.source.partition, record.nextSource]),
    );
    return ends.every((end, partition) => next.get(partition) === end);
  };
  const { log } = mirrored.source;
  const leaderOf = async (partition = 1) => (await log.describeTopics([topic])).get(topic)?.leaders[partition] ?? -1;
  /** By kplan's own client: the others' refuse a topic of which one partition has no leader. */
  const write = async (numbers: readonly number[], value: string) => {
    for (const partition of numbers) {
      const record = { key: null, value: Buffer.from(value), timestamp: BigInt(Date.now()) };
      await eventually('the leader takes it', patienceMs, async () => {
        const batch = buildBatch({ records: [record] });
        const [answer] = await log.produce(await leaderOf(partition), null, [{ topic, partition, batch }]);
        assert.ok([null, 'NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_TOPIC_OR_PARTITION'].includes(answer?.error ?? null));
        return answer?.error === null;
      });
    }
  };
  const groups = { elsewhere: '', everywhere: '', there: '', hidden: '' };
  const commit = async (group: string, partitions: readonly number[], offset: bigint) =>
    commitOffsets(
      source.bootstrap,
      group,
      partitions.map((partition) => ({ topic, partition, offset })),
    );
  const rounds = { memory: groupMemory(), renewAfterMs: 3_600_000 };
  const unlisted: string[] = [];
  const sync = async () => {
    unlisted.length = 0;
    const results = await mirrored.sync(Object.values(groups), rounds, ({ code }) => void unlisted.push(code));
    return new Map(results.map((one) => [one.group, one.diagnostics.map(({ code }) => code)]));
  };
  /** The first record that each of the group's commits on the target leads to, as a reader finds it. */
  const nextOf = async (group: string) => {
    const commits = await committedOffsets(target.bootstrap, group);
    const found = [0, 1, 2].map(async (partition) => {
      const at = commits.get(`${topic}-${partition}`);
      if (at === undefined) return [];
      const [next] = await readAll({ bootstrap: target.bootstrap, topic, partition, from: at.offset });
      return [`${partition} ${next?.value}`];
    });
    return (await Promise.all(found)).flat();
  };
  const stop = new AbortController();
  try {
    await commit(uniqueName('first'), [0], 1n);
    let coordinators: readonly number[] = [];
    await eventually('all groups have a coordinator', patienceMs, async () => {
      coordinators = (await log.describeTopics([offsetsTopic])).get(offsetsTopic)?.leaders ?? [];
      return coordinators.length > 0 && coordinators.every((one) => one >= 0);
    });
    const doomed = await leaderOf();
    assert.ok(coordinators.includes(doomed), 'it coordinates some of the groups');
    for (const name of ['elsewhere', 'everywhere', 'there', 'hidden'] as const) {
      const isHidden = name === 'hidden';
      do groups[name] = uniqueName(name);
      while ((coordinators[coordinatingPartition(groups[name], coordinators.length)] === doomed) !== isHidden);
    }
    await commit(groups.hidden, [0], 1n);
    await commit(groups.elsewhere, [0], 1n);
    await commit(groups.everywhere, [0, 1, 2], 1n);
    await commit(groups.there, [1], 1n);
    await write([0, 1, 2], 'before');
    const following = mirrored.follow(stop.signal);
    following.catch(() => {});
    await eventually('all is mirrored', patienceMs, () => mirroredTo([1n, 1n, 1n]));
    const leader = await leaderOf();
    const broker = source.brokers.find((one) => one.id === leader);
    assert.ok(broker);
    await broker.stop('SIGKILL');
    const leftOut = () =>
      mirrored.events.flatMap((one) => (one.event === 'left-out' ? one.sources.map(partitionName) : []));
    await eventually('it is told of', patienceMs, () => leftOut().length > 0);
    assert.equal(leftOut(), [`${topic}-1`]);
    await write([0, 2], 'meanwhile');
    await eventually('the others go on', patienceMs, () => mirroredTo([2n, 1n, 2n]));
    assert.is(await leaderOf(), -1);
    const whileAway = await sync();
    assert.equal(
      [groups.elsewhere, groups.everywhere, groups.there].map((one) => whileAway.get(one)),
      [[], ['KP6056'], ['KP6056']],
    );
    assert.equal(await Promise.all(Object.values(groups).map(nextOf)), [
      ['0 meanwhile'],
      ['0 meanwhile', '2 meanwhile'],
      [],
      [],
    ]);
    assert.equal([whileAway.has(groups.hidden), unlisted], [false, ['KP6057']], 'no broker lists it');
    await broker.start();
    await eventually('it has a leader', patienceMs, async () => (await leaderOf()) === broker.id);
    await write([1], 'after');
    await eventually('all is mirrored again', patienceMs, () => mirroredTo([2n, 2n, 2n]));
    await eventually('it coordinates its groups again', patienceMs, async () => {
      return (await committedOffsets(source.bootstrap, groups.hidden)).size > 0;
    });
    assert.equal(
      [...(await sync())].sort(),
      [groups.everywhere, groups.hidden, groups.there].map((one) => [one, []]),
    );
    assert.equal(unlisted, []);
    assert.equal(await nextOf(groups.hidden), ['0 meanwhile']);
    assert.equal(await nextOf(groups.there), ['1 after']);
    assert.equal(await nextOf(groups.everywhere), ['0 meanwhile', '1 after', '2 meanwhile']);
    stop.abort();
    assert.is((await following).result, 'interrupted');
    const read = await Promise.all([source, target].map((one) => readAll({ bootstrap: one.bootstrap, topic })));
    const [written, arrived] = read.map((records) =>
      records.map(({ partition, value }) => `${partition} ${value}`).sort(),
    );
    assert.equal(arrived, written);
    assert.is(leftOut().length, 1);
  } finally {
    stop.abort();
    await mirrored.close();
    await source.stop();
  }
});

test.run();
