import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { leaderEpochOf } from '../../runner/records/header.ts';
import { splitBatches } from '../../runner/records/split.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const patienceMs = 60_000;
const fetchLimits = { maxBytes: 1_000_000, minBytes: 1, maxWaitMs: 100, isolation: 'read_committed' } as const;

test('a broker is killed: its partitions get another leader, and open transactions are ended by another coordinator', async () => {
  const cluster = await startCluster({
    name: 'failover',
    brokers: 3,
    properties: { 'broker.session.timeout.ms': 3_000 },
    heapMaxMb: 320,
  });
  const { bootstrap } = cluster;
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
    await eventually('another broker leads', patienceMs, async () => {
      const leader = await leaderOf();
      return leader !== -1 && leader !== killed;
    });
    const [found] = await log.fetch(await leaderOf(), { ...fetchLimits, positions });
    assert.is(found?.error, null);
    assert.ok(found?.records.length);
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
    assert.is((await reader.describeCluster()).brokers.length, 2);
  } finally {
    await close();
    await cluster.stop();
  }
});

test.run();
