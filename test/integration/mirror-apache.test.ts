/**
 * The cases of Apache's own tests of a mirror (MirrorConnectorsIntegrationBaseTest of MirrorMaker 2), named as there, by
 * plan file and `apply`; in identity and prefixed naming, with transactional sources, and over TLS, as its subclasses do.
 *
 * | Apache's case | here |
 * |---|---|
 * | testReplicationWithoutOffsetSyncWillNotCreateOffsetSyncsTopic, testOffsetSyncsTopicsOnTarget | no offset-syncs topic: the map stands in the positions, in the transaction of the records |
 * | heartbeats, checkpoints (in testReplication) | no such topics: `status` tells the lag, groups get their offsets themselves |
 * | both directions at once (in testReplication) | KP1213: this version mirrors one direction |
 * | testOneWayReplicationWithFrequentOffsetSyncs (`offset.lag.max=0`) | every translation is exact; groups-sync.test.ts tries each offset |
 * | exactly once (MirrorConnectorsIntegrationExactlyOnceTest) | always; kills.test.ts |
 * | testNoCycles | test/cases/validate/{loop-*,no-loop-*} |
 * | testAclFiltering, testAclTransformation | test/unit/acl/brought-acls.test.ts |
 * | forwarding admin, task restarts, worker configuration | Connect's own |
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startCluster } from '../clusters/start-cluster.ts';
import { type MirrorByPlan, mirrorByPlan, unread, type Way, type Wishes } from '../fixtures/apply/mirror-by-plan.ts';
import { committedOffsets } from '../fixtures/kills/group-positions.ts';
import { openConnections } from '../fixtures/records/connections.ts';
import { alterTopic, endOffsets, growTopic, readAll, topicSettings } from '../fixtures/records.ts';
import { selfSigned, tlsListener } from '../fixtures/tls.ts';

/** What the source's brokers have instead of Kafka's default, and its targets do not. */
const deleteRetentionOfSource = '3600000';

const folder = await mkdtemp(join(tmpdir(), 'kplan-apache-'));
const broker = await selfSigned(folder, 'broker', 'IP:127.0.0.1');
const caFile = join(folder, 'ca.pem');
await writeFile(caFile, broker.cert);
const tlsOfBroker = tlsListener(broker);
const [primary, backup] = await Promise.all([
  startCluster({
    name: 'primary',
    version: '3.9',
    properties: { ...tlsOfBroker, 'log.cleaner.delete.retention.ms': deleteRetentionOfSource },
  }),
  startCluster({ name: 'backup', version: '4.1', properties: tlsOfBroker }),
]);
/** Of the plain listeners, for all who look on. */
const at = { primary: primary.internalBootstrap, backup: backup.internalBootstrap };

test.after(async () => {
  await Promise.all([primary.stop(), backup.stop(), rm(folder, { recursive: true })]);
});

const ways: readonly Way[] = [
  { what: 'identity naming', naming: 'same' },
  { what: 'prefixed naming', naming: 'prefixed' },
  { what: 'transactional source', naming: 'same', transactional: true },
  { what: 'TLS', naming: 'prefixed', caFile },
];

/** Named as Apache's case; a migration of its own. */
function apacheTest(name: string, way: Way, use: (mirror: MirrorByPlan) => Promise<void>, wishes: Wishes = {}): void {
  test(`${name}, ${way.what}`, async () => {
    const mirror = await mirrorByPlan({ primary, backup }, way, wishes);
    try {
      await use(mirror);
    } finally {
      await mirror.close();
    }
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

for (const way of ways) {
  apacheTest('testReplication', way, async ({ topic, produce, apply, expectMirrored, commit, expectGroup, prefix }) => {
    const orders = await topic('test-topic-1', { partitions: 10 });
    await produce(orders, range(10), 10);
    const ends = await endOffsets({ bootstrap: at.primary, topic: orders });
    const group = `${prefix}-consumer`;
    await commit(
      group,
      orders,
      Object.fromEntries(range(5).map((partition) => [partition, ends.get(partition) ?? 0n])),
    );
    await apply();
    await expectMirrored(orders, 100);
    await expectGroup(group, [orders], 0);
    const second = await topic('test-topic-2');
    await produce(second, [0], 100);
    await growTopic(at.primary, orders, 12);
    await produce(orders, [0, 11], 10);
    await apply();
    await expectMirrored(second, 100);
    await expectMirrored(orders, 120);
    await expectGroup(group, [orders], 10);
  });

  apacheTest('testReplicationWithEmptyPartition', way, async (mirror) => {
    const orders = await mirror.topic('empty', { partitions: 10 });
    await mirror.produce(orders, range(9), 2);
    const group = `${mirror.prefix}-consumer`;
    const ends = await endOffsets({ bootstrap: at.primary, topic: orders });
    await mirror.commit(group, orders, Object.fromEntries(ends));
    await mirror.apply();
    await mirror.expectMirrored(orders, 18);
    await mirror.expectGroup(group, [orders], 0);
    assert.is((await unread(at.backup, group, mirror.remote(orders))).length, 10, 'the empty partition too');
  });

  apacheTest('testOneWayReplicationWithAutoOffsetSync', way, async (mirror) => {
    const group = `${mirror.prefix}-consumer`;
    const topics: string[] = [];
    for (const name of ['one', 'two']) {
      const created = await mirror.topic(name, { partitions: 2 });
      topics.push(created);
      await mirror.produce(created, [0, 1], 20);
      for (const one of topics) {
        await mirror.commit(group, one, Object.fromEntries(await endOffsets({ bootstrap: at.primary, topic: one })));
      }
      await mirror.apply();
      await mirror.expectGroup(group, topics, 0);
    }
  });

  apacheTest('testRestartReplication, testOffsetTranslationBehindReplicationFlow', way, async (mirror) => {
    const orders = await mirror.topic('restart', { partitions: 1 });
    const offsets = [0n, 3n, 17n, 60n, 99n, 100n];
    for (const round of [1, 2, 3]) {
      await mirror.produce(orders, [0], 100);
      for (const offset of offsets) await mirror.commit(`${mirror.prefix}-${offset}`, orders, { 0: offset });
      await mirror.apply();
      await mirror.expectMirrored(orders, round * 100);
      for (const offset of offsets) {
        const { length } = await readAll({ bootstrap: at.primary, topic: orders, from: offset });
        await mirror.expectGroup(`${mirror.prefix}-${offset}`, [orders], length);
      }
    }
  });
}

for (const way of ways) {
  const latest = { flow: { start: 'latest' } };
  apacheTest(
    'testReplicateFromLatest, testNoCheckpointsIfNoRecordsAreMirrored',
    way,
    async (mirror) => {
      const orders = await mirror.topic('latest');
      await mirror.produce(orders, [0], 100);
      await mirror.commit(`${mirror.prefix}-early`, orders, { 0: 50n });
      const codes = await mirror.apply();
      assert.is((await readAll({ bootstrap: at.backup, topic: mirror.remote(orders) })).length, 0);
      assert.ok(codes.includes('KP6006'), codes.join());
      assert.is((await committedOffsets(at.backup, `${mirror.prefix}-early`)).size, 0);
      await mirror.produce(orders, [0], 10);
      const [fifthLast] = (await readAll({ bootstrap: at.primary, topic: orders })).slice(-5);
      await mirror.commit(`${mirror.prefix}-late`, orders, { 0: fifthLast?.offset ?? 0n });
      await mirror.apply();
      assert.is((await readAll({ bootstrap: at.backup, topic: mirror.remote(orders) })).length, 10);
      await mirror.expectGroup(`${mirror.prefix}-late`, [orders], 5);
      assert.is((await committedOffsets(at.backup, `${mirror.prefix}-early`)).size, 0);
    },
    latest,
  );

  const excluding = { config: { inherit: 'overrides', exclude: ['retention.bytes'] } };
  apacheTest(
    'testSyncTopicConfigs',
    way,
    async (mirror) => {
      const set = { 'delete.retention.ms': '1000', 'retention.bytes': '1000' };
      const orders = await mirror.topic('configs', { config: set });
      await mirror.apply();
      const before = await settingsOf(at.backup, mirror.remote(orders));
      assert.equal([before.get('delete.retention.ms'), before.get('retention.bytes')], ['1000', '-1']);
      await alterTopic(at.primary, orders, {
        'delete.retention.ms': '2000',
        'retention.bytes': '2000',
        'segment.ms': '600000',
      });
      await mirror.apply();
      const after = await settingsOf(at.backup, mirror.remote(orders));
      const names = ['delete.retention.ms', 'retention.bytes', 'segment.ms'];
      assert.equal(
        names.map((name) => after.get(name)),
        ['2000', '-1', '600000'],
      );
    },
    excluding,
  );

  for (const [name, inherit, expected] of [
    ['testReplicateSourceDefault', 'effective', deleteRetentionOfSource],
    ['testReplicateTargetDefault', 'overrides', '86400000'],
  ] as const) {
    apacheTest(
      name,
      way,
      async (mirror) => {
        const orders = await mirror.topic('defaults');
        await mirror.apply();
        const settings = await settingsOf(at.backup, mirror.remote(orders));
        assert.is(settings.get('delete.retention.ms'), expected);
      },
      { config: { inherit } },
    );
  }
}

async function settingsOf(bootstrap: readonly string[], topic: string): Promise<ReadonlyMap<string, string | null>> {
  const connections = openConnections(bootstrap);
  const settings = await topicSettings(await connections.any(), topic);
  await connections.close();
  return settings;
}

test.run();
