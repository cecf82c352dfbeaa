import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { leaderEpochOf } from '../../runner/records/header.ts';
import { splitBatches } from '../../runner/records/split.ts';
import type { StatusDocument } from '../../src/cli/views/status-document.ts';
import type { TestCluster } from '../clusters/cluster.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { planPlace } from '../fixtures/apply/plan-place.ts';
import { electPreferred, electUncleanly } from '../fixtures/chaos/brokers.ts';
import { eventually } from '../fixtures/eventually.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

const patienceMs = 120_000;
const fetchLimits = { maxBytes: 1_000_000, minBytes: 1, maxWaitMs: 100, isolation: 'read_committed' } as const;

const cluster = await startCluster({
  name: 'failover',
  brokers: 3,
  properties: { 'broker.session.timeout.ms': 3_000 },
  heapMaxMb: 320,
});
const { bootstrap } = cluster;
test.after(() => cluster.stop());

/** Two replicas of which either may lead, in sync or not. */
const uncleanConfig = { 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1', 'retention.ms': '-1' };

/** A flow of one topic with one partition from one cluster to the other; records are numbers. */
async function numberedFlow(from: TestCluster, to: TestCluster) {
  const place = await planPlace({ prefix: 'unclean', clusters: { old: from, new: to } });
  const topic = place.name;
  const replicationFactor = to === cluster ? 2 : 1;
  await createTopic(from.bootstrap, topic, {
    replicationFactor: from === cluster ? 2 : 1,
    config: from === cluster ? uncleanConfig : { 'retention.ms': '-1' },
  });
  const config = to === cluster ? { inherit: 'none', set: uncleanConfig } : { inherit: 'none' };
  const flows = [{ name: 'f', source: 'old', target: 'new', topics: { include: [topic] } }];
  await place.write({ defaults: { replicationFactor, config }, flows });
  return {
    ...place,
    topic,
    write: (first: number, end: number) =>
      produceRecords(
        { bootstrap: from.bootstrap, topic },
        Array.from({ length: end - first }, (_, index) => ({ value: Buffer.from(String(first + index)) })),
      ),
    async mirror() {
      const { code, printed } = await place.apply();
      assert.is(code, 0, printed);
    },
    /** Stopped for this loss, which `status` lists; then gone on from in its way, with a reason. */
    async stopsAndGoesOn(lost: string, wayOn: string) {
      const stopped = await place.apply();
      assert.is(stopped.code, 6, stopped.printed);
      assert.match(stopped.printed, `"code":"${lost}"`);
      const shown: StatusDocument['flows'] = JSON.parse((await place.status('json')).io.out()).flows;
      const [loss] = shown[0]?.losses ?? [];
      assert.equal([shown[0]?.state, loss?.code, loss?.wayOn], ['stopped', lost, wayOn]);
      const accepted = await place.apply('plan.yaml', {
        accept: [{ address: `topic/old/${topic}`, reason: 'PAY-17' }],
      });
      assert.is(accepted.code, 0, accepted.printed);
      assert.match(accepted.printed, /"code":"KP4026".*PAY-17/);
    },
    valuesAt: async (at: TestCluster) =>
      (await readAll({ bootstrap: at.bootstrap, topic })).map(({ value }) => Number(value)),
  };
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index);
}

test('an unclean election at the source: what was mirrored and is gone there is a loss, and accepted it goes on behind it', async () => {
  const { target } = await sharedClusters();
  const flow = await numberedFlow(cluster, target);
  await flow.write(0, 10);
  await flow.mirror();
  await electUncleanly(cluster, flow.topic, async () => {
    await flow.write(10, 20);
    await flow.mirror();
  });
  assert.equal(await flow.valuesAt(cluster), range(0, 10), 'the source lost ten records');
  await flow.write(100, 103);
  await flow.stopsAndGoesOn('KP5003', 'from where the source log was cut');
  assert.equal(await flow.valuesAt(target), [...range(0, 20), ...range(100, 103)]);
  await flow.write(103, 105);
  await flow.mirror();
  assert.equal(await flow.valuesAt(target), [...range(0, 20), ...range(100, 105)]);
  const { code, io } = await flow.verify('json');
  assert.equal(
    [code, JSON.parse(io.out()).partitions[0].kinds],
    [5, { extra: '10' }],
    'what the source lost and no more',
  );
  await flow.remove();
});

test('an unclean election at the target: what it lost is a loss, and accepted it is mirrored again', async () => {
  const { source } = await sharedClusters();
  const flow = await numberedFlow(source, cluster);
  await flow.write(0, 10);
  await flow.mirror();
  await electUncleanly(cluster, flow.topic, async () => {
    await flow.write(10, 20);
    await flow.mirror();
  });
  assert.equal(await flow.valuesAt(cluster), range(0, 10), 'the target lost ten records');
  await flow.write(20, 25);
  await flow.stopsAndGoesOn('KP5005', 'from the first record that the target lost');
  assert.equal(await flow.valuesAt(cluster), range(0, 25));
  const verified = await flow.verify('json');
  assert.is(verified.code, 0, verified.printed);
  await flow.remove();
});

/** How long a session may take to meet a loss on a busy machine, elections included. */
const lossMsMax = 180_000;

test('a target that loses records under a session that has written nothing yet: a loss, whatever that session then writes', async () => {
  const { source } = await sharedClusters();
  const topic = uniqueName('cut');
  await createTopic(source.bootstrap, topic, { config: { 'retention.ms': '-1' } });
  await createTopic(bootstrap, topic, { replicationFactor: 2, config: uncleanConfig });
  let isAccepted = false;
  const mirrored = await mirroredTopics(
    { source: source.bootstrap, target: bootstrap },
    [{ source: topic, target: topic, partitions: 1 }],
    { replicationFactor: 3, answer: () => (isAccepted ? 'continue' : 'stop') },
  );
  const write = (first: number, end: number) =>
    produceRecords(
      { bootstrap: source.bootstrap, topic },
      range(first, end).map((value) => ({ value: Buffer.from(String(value)) })),
    );
  const valuesAtTarget = async () => (await readAll({ bootstrap, topic })).map(({ value }) => Number(value));
  await write(0, 10);
  await mirrored.mirror();
  let following: ReturnType<typeof mirrored.follow> | undefined;
  await electUncleanly(cluster, topic, async () => {
    await write(10, 20);
    await mirrored.mirror();
    const told = mirrored.events.length;
    // It ends by the loss; without one it would go on for ever.
    following = mirrored.follow(AbortSignal.timeout(lossMsMax));
    await eventually('the session has begun', patienceMs, async () =>
      mirrored.events.slice(told).some((one) => one.event === 'progress'),
    );
  });
  await electPreferred(cluster, [topic]);
  // More records than were lost: the log is longer than it was when the next session looks at it.
  await write(20, 60);
  const outcome = await following;
  assert.equal(outcome?.result === 'loss' && outcome.losses.map((one) => one.kind), ['target-lost']);
  assert.equal(await valuesAtTarget(), range(0, 10));
  isAccepted = true;
  await mirrored.mirror();
  assert.equal(await valuesAtTarget(), range(0, 60));
  await mirrored.close();
});

test('a broker is killed: its partitions get another leader, and open transactions are ended by another coordinator', async () => {
  const { log, reader, close } = connectCluster(
    connectionSettings({ cluster: 'dc', bootstrap, addressMap: new Map() }),
  );
  try {
    const topic = uniqueName('failover');
    await createTopic(bootstrap, topic, { partitions: 3, replicationFactor: 3 });
    await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('v') }]);
    const leaderOf = async () => (await log.describeTopics([topic])).get(topic)?.leaders[0] ?? -1;
    const killed = await leaderOf();
    // Ten transactions: with five partitions of __transaction_state on three brokers some have the killed one as coordinator.
    const producers = await Promise.all(
      Array.from({ length: 10 }, (_none, index) => log.initProducer(uniqueName(`tx-${index}`), 120_000)),
    );
    for (const producer of producers) await log.addPartitions(producer, [{ topic, partition: 1 }]);
    await cluster.brokers.find((one) => one.id === killed)?.stop('SIGKILL');

    const positions = [{ topic, partition: 0, offset: 0n, maxBytes: 1_000 }];
    const [lost] = await log.fetch(killed, { ...fetchLimits, positions });
    assert.is(lost?.error, 'NETWORK_EXCEPTION');
    await Promise.all(producers.map((producer) => log.endTransaction(producer, 'commit')));
    await eventually('another broker leads, and gives the record', patienceMs, async () => {
      const leader = await leaderOf();
      if (leader === -1 || leader === killed) return false;
      const [found] = await log.fetch(leader, { ...fetchLimits, positions });
      return found?.error === null && found.records.length > 0;
    });
    assert.is((await log.offsets([{ topic, partition: 0 }], 'latest'))[0]?.offset, 1n);

    // The new leader writes in an epoch of its own, and tells whoever read more of the old one than it has.
    await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('w') }]);
    const fetchAfter = async (offset: bigint, lastEpoch: number) => {
      const after = [{ topic, partition: 0, offset, maxBytes: 1_000, lastEpoch }];
      return (await log.fetch(await leaderOf(), { ...fetchLimits, positions: after }))[0];
    };
    const [first, second] = splitBatches((await fetchAfter(0n, -1))?.records ?? Buffer.alloc(0)).batches.map(
      leaderEpochOf,
    );
    assert.ok(first !== undefined && second !== undefined && first < second, `${first} and ${second}`);
    assert.equal((await fetchAfter(2n, first))?.diverging, { epoch: first, endOffset: 1n });
    assert.equal((await fetchAfter(1n, first))?.diverging, undefined);
    assert.equal((await fetchAfter(2n, second))?.diverging, undefined);
    await eventually('two brokers are left', patienceMs, async () => {
      return (await reader.describeCluster()).brokers.length === 2;
    });
  } finally {
    await close();
  }
});

test.run();
