import { Consumer } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cluster, connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const { source, target } = await sharedClusters();
const act = { validateOnly: false };
const check = { validateOnly: true };
const patienceMs = 90_000;

for (const { name, version, bootstrap } of [source, target]) {
  const withCluster = (what: string, use: (cluster: Cluster) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const cluster = connectCluster(connectionSettings({ cluster: name, bootstrap, addressMap: new Map() }));
      try {
        await use(cluster);
      } finally {
        await cluster.close();
      }
    });

  withCluster('the cluster tells its id, brokers and release', async ({ reader }) => {
    const { clusterId, brokers, kafkaVersion } = await reader.describeCluster();
    assert.ok(clusterId.length > 0);
    assert.is(brokers.length, 1);
    assert.is(kafkaVersion, version);
  });

  test(`${name}: under a quota for changes all topics are made, in slices`, async () => {
    const clientId = uniqueName('slow');
    const settings = { ...connectionSettings({ cluster: name, bootstrap, addressMap: new Map() }), clientId };
    const cluster = connectCluster(settings);
    const limits = { controller_mutation_rate: 2 };
    await cluster.quotas.alterQuotas([{ entity: { clientId }, limits }], act);
    try {
      let made = 0;
      // The controller goes by a quota a moment after it has taken it.
      await eventually('the quota holds some back', patienceMs, async () => {
        const wanted = Array.from({ length: 5 }, (_, n) => {
          return { topic: `${clientId}-${made + n}`, partitions: 10, replicationFactor: 1, config: {} };
        });
        let requests = 0;
        const beforeRequest = async () => {
          requests += 1;
        };
        const outcomes = await cluster.topics.createTopics(wanted, { ...act, beforeRequest });
        assert.equal(
          outcomes.map((one) => one.error),
          wanted.map(() => null),
        );
        made += wanted.length;
        return requests > 1;
      });
    } finally {
      await cluster.quotas.alterQuotas([{ entity: { clientId }, limits: { controller_mutation_rate: null } }], act);
      await cluster.close();
    }
  });

  withCluster(
    'topics are made, widened and set; what a broker says to one topic is a value',
    async ({ topics, reader }) => {
      const good = uniqueName('good');
      const wanted = { topic: good, partitions: 2, replicationFactor: 1, config: { 'retention.ms': '-1' } };
      const wrong = { ...wanted, topic: uniqueName('wrong'), config: { 'no.such.setting': '1' } };
      const checked = await topics.createTopics([wanted], check);
      assert.equal(
        checked.map((one) => [one.topic, one.error]),
        [[good, null]],
      );
      assert.is(
        (await reader.listTopics()).some((one) => one.name === good),
        false,
      );
      const made = await topics.createTopics(
        [wanted, wrong, { ...wanted, topic: uniqueName('wide'), replicationFactor: 3 }],
        act,
      );
      assert.equal(
        made.map((one) => one.error),
        [null, 'INVALID_CONFIG', 'INVALID_REPLICATION_FACTOR'],
      );
      assert.match(made[1]?.message ?? '', 'no.such.setting');
      assert.is((await topics.createTopics([wanted], act))[0]?.error, 'TOPIC_ALREADY_EXISTS');
      await eventually('the topic is listed', patienceMs, async () =>
        (await reader.listTopics()).some((one) => one.name === good),
      );

      assert.is((await topics.createPartitions([{ topic: good, partitions: 2 }], act))[0]?.error, 'INVALID_PARTITIONS');
      assert.equal(await topics.createPartitions([{ topic: good, partitions: 3 }], act), [
        { topic: good, error: null },
      ]);
      await eventually('the partition is there', patienceMs, async () => {
        const found = (await reader.listTopics()).find((one) => one.name === good);
        return (
          found?.partitions.length === 3 && found.partitions.every((one) => one.leader === 1 && one.replicas[0] === 1)
        );
      });

      const settings = { 'cleanup.policy': 'compact', 'retention.ms': null };
      assert.equal(await topics.alterTopicSettings([{ topic: good, settings }], act), [{ topic: good, error: null }]);
      await eventually('the settings are seen', patienceMs, async () => {
        const found = (await reader.describeTopicSettings([good])).get(good);
        return found?.get('cleanup.policy')?.value === 'compact' && found.get('retention.ms')?.source === 'default';
      });
      const refused = await topics.alterTopicSettings(
        [{ topic: good, settings: { 'cleanup.policy': 'shrink' } }],
        check,
      );
      assert.is(refused[0]?.error, 'INVALID_CONFIG');
      assert.match(refused[0]?.message ?? '', 'shrink');
    },
  );

  withCluster('settings tell where they come from and what would hold without them', async ({ reader }) => {
    const topic = uniqueName('settings');
    await createTopic(bootstrap, topic, { config: { 'max.message.bytes': '2000000' } });
    const missing = uniqueName('missing');
    const settings = await reader.describeTopicSettings([topic, missing]);
    assert.equal([...settings.keys()], [topic]);
    assert.equal(settings.get(topic)?.get('max.message.bytes'), {
      value: '2000000',
      source: 'topic',
      inherited: { value: '1048588', source: 'default' },
    });
    const fresh = await reader.newTopicSettings();
    assert.equal(fresh.get('max.message.bytes'), { value: '1048588', source: 'default' });
    assert.equal([...fresh.keys()].toSorted(), [...(settings.get(topic)?.keys() ?? [])].toSorted());
    assert.is(
      (await reader.listTopics()).some((one) => one.name.startsWith('__kplan.probe')),
      false,
    );
  });

  withCluster('many topics are asked for in parts', async ({ topics, reader }) => {
    const prefix = uniqueName('many');
    const names = Array.from({ length: 230 }, (_none, index) => `${prefix}.${index}`);
    const made = await topics.createTopics(
      names.map((topic) => ({ topic, partitions: 1, replicationFactor: 1, config: {} })),
      act,
    );
    assert.is(made.filter((one) => one.error === null).length, 230);
    await eventually(
      'all are described',
      patienceMs,
      async () => (await reader.describeTopicSettings(names)).size === 230,
    );
  });

  withCluster(
    'a group of the classic protocol: listed, its members seen, its offsets read',
    async ({ reader, groups }) => {
      const topic = uniqueName('classic');
      const group = uniqueName('classic-group');
      await createTopic(bootstrap, topic);
      await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('v') }]);
      const consumer = new Kafka({ brokers: [...bootstrap], clientId: 'shop', logLevel: logLevel.NOTHING }).consumer({
        groupId: group,
      });
      try {
        await consumer.connect();
        await consumer.subscribe({ topic, fromBeginning: true });
        await consumer.run({ eachMessage: async () => undefined });
        await eventually('the group is stable', patienceMs, async () => {
          const described = (await groups.describeGroups([group])).get(group);
          return described?.state === 'Stable' && described.members[0]?.clientId === 'shop';
        });
        await eventually('the offset is committed', patienceMs, async () => {
          await consumer.commitOffsets([{ topic, partition: 0, offset: '1' }]);
          return (await groups.committedOffsets([group])).get(group)?.[0]?.offset === 1n;
        });
        const listed = (await reader.listGroups()).find((one) => one.group === group);
        assert.equal(listed, { group, type: 'classic', state: 'Stable' });
      } finally {
        await consumer.disconnect();
      }
      const nobody = uniqueName('nobody');
      assert.is((await groups.describeGroups([nobody])).get(nobody)?.state, 'Dead');
      assert.equal((await groups.committedOffsets([nobody])).get(nobody), []);
    },
  );
}

test('a group of the new protocol (KIP-848) is one: listed, its members seen, its offsets read', async () => {
  const { name, bootstrap } = target;
  const topic = uniqueName('modern');
  const group = uniqueName('modern-group');
  await createTopic(bootstrap, topic);
  await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('v') }]);
  const { groups, reader, close } = connectCluster(
    connectionSettings({ cluster: name, bootstrap, addressMap: new Map() }),
  );
  const consumer = new Consumer({
    groupId: group,
    clientId: 'shop',
    bootstrapBrokers: [...bootstrap],
    groupProtocol: 'consumer',
  });
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    stream.on('data', () => undefined);
    await eventually('the group is stable', patienceMs, async () => {
      const described = (await groups.describeGroups([group])).get(group);
      return (
        described?.type === 'consumer' && described.state === 'Stable' && described.members[0]?.clientId === 'shop'
      );
    });
    await consumer.commit({ offsets: [{ topic, partition: 0, offset: 1n, leaderEpoch: -1 }] });
    assert.is((await groups.committedOffsets([group])).get(group)?.[0]?.offset, 1n);
    const listed = (await reader.listGroups()).find((one) => one.group === group);
    assert.equal(listed, { group, type: 'consumer', state: 'Stable' });
  } finally {
    await consumer.close(true);
    await close();
  }
});

test.run();
