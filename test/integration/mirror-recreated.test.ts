import { deleteTopicsV6 } from '@platformatic/kafka';
import { test } from 'uvu';
import { equal, ok } from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { mirrorFlow } from '../../runner/engines/native/mirror-flow.ts';
import type { MirrorEvent } from '../../runner/engines/native/options.ts';
import { connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import type { TestCluster } from '../clusters/cluster.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { eventually } from '../fixtures/eventually.ts';
import { openConnections } from '../fixtures/records/connections.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

/** Three brokers, so that one may still describe the old topic while another one leads the new one. */
let source: TestCluster;

const patienceMs = 120_000;
const requestTimeoutMs = 30_000;
const partitions = 3;
const rounds = 3;
const config = { 'retention.ms': '-1' };
const positionsTopic = uniqueName('__kplan.recreated.positions');

test.before(async () => {
  source = await startCluster({ name: 'source', version: '3.9', brokers: 3, heapMaxMb: 320 });
  const { target } = await sharedClusters();
  await createTopic(target.bootstrap, positionsTopic, { config: { 'cleanup.policy': 'compact' } });
});

test.after(async () => {
  await source?.stop();
});

async function write(topic: string, what: string, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => ({
    partition: index % partitions,
    value: Buffer.from(`${what} ${index}`),
  }));
  await produceRecords({ bootstrap: source.bootstrap, topic, recordsPerBatch: 50 }, records);
}

async function deleteAndMakeAgain(topic: string): Promise<void> {
  const connections = openConnections(source.bootstrap);
  await deleteTopicsV6.api.async(await connections.any(), [{ name: topic }], requestTimeoutMs);
  await connections.close();
  await eventually('it can be made again', patienceMs, () =>
    createTopic(source.bootstrap, topic, { partitions, replicationFactor: 2, config }).then(
      () => true,
      () => false,
    ),
  );
}

/** Mirrors a topic that is deleted and made again meanwhile; gives what the mirror said. */
async function mirrorThrough(from: string, to: string) {
  const { target } = await sharedClusters();
  const open = (cluster: string, bootstrap: readonly string[]) =>
    connectCluster(connectionSettings({ cluster, bootstrap, addressMap: new Map() }));
  const [old, recent] = [open('source', source.bootstrap), open('target', target.bootstrap)];
  const events: MirrorEvent[] = [];
  const producerIds: bigint[] = [];
  try {
    const running = mirrorFlow({
      flow: to,
      migration: 'recreated',
      topics: [{ source: from, target: to, partitions, targetMaxMessageBytes: 1_048_588 }],
      ...{ source: old.log, target: recent.log, positionsTopic, clock: systemClock },
      ...{ start: 'earliest', delivery: 'transactional', until: 'stopped' },
      tuning: { commitIntervalMs: 100, fetchMaxBytes: 65_536, memoryMaxMb: 64 },
      ledger: { known: () => producerIds, add: async (id) => void producerIds.push(id) },
      signal: AbortSignal.timeout(patienceMs),
      report: (event) => void events.push(event),
    });
    const writing = (async () => {
      for (let i = 0; i < 5; i += 1) await write(from, 'before', 600);
    })();
    await eventually('something arrives', patienceMs, () => events.some((one) => one.event === 'commit'));
    await writing;
    await deleteAndMakeAgain(from);
    await write(from, 'after', 6_000);
    return await running;
  } finally {
    await Promise.all([old.close(), recent.close()]);
  }
}

test('not one record of a topic that was deleted and made again under load arrives, not even uncommitted', async () => {
  const { target } = await sharedClusters();
  for (let round = 0; round < rounds; round += 1) {
    const [from, to] = [uniqueName('from'), uniqueName('to')];
    await createTopic(source.bootstrap, from, { partitions, replicationFactor: 2, config });
    await createTopic(target.bootstrap, to, { partitions, config });
    await write(from, 'before', 600);
    const outcome = await mirrorThrough(from, to);
    ok(outcome.result === 'loss', JSON.stringify(outcome));
    equal(
      outcome.losses.map((one) => one.kind),
      Array.from({ length: partitions }, () => 'recreated'),
    );
    const arrived = await readAll({ bootstrap: target.bootstrap, topic: to, isolation: 'read_uncommitted' });
    ok(arrived.length > 0);
    equal(
      arrived.filter((one) => one.value?.toString().startsWith('after')),
      [],
    );
  }
});

test('a broker answers to the id, before it looks at the offset, and gives no record of the other topic', async () => {
  const { log, close } = connectCluster(
    connectionSettings({ cluster: 'source', bootstrap: source.bootstrap, addressMap: new Map() }),
  );
  const topic = uniqueName('ids');
  const described = async () => (await log.describeTopics([topic])).get(topic);
  const fetch = async (topicId: string | undefined, offset: bigint) => {
    const positions = [{ topic, topicId, partition: 0, offset, maxBytes: 1_000 }];
    const limits = { maxBytes: 1_000, minBytes: 1, maxWaitMs: 100, isolation: 'read_committed' } as const;
    const [fetched] = await log.fetch((await described())?.leaders[0] ?? -1, { ...limits, positions });
    return [fetched?.topic, fetched?.error, (fetched?.records.length ?? 0) > 0];
  };
  await createTopic(source.bootstrap, topic, { partitions, replicationFactor: 2, config });
  const before = (await described())?.topicId;
  await deleteAndMakeAgain(topic);
  await write(topic, 'after', partitions);
  await eventually('all brokers know of the new one', patienceMs, async () => {
    const [, error] = await fetch((await described())?.topicId, 0n);
    return error === null;
  });
  equal(await fetch((await described())?.topicId, 0n), [topic, null, true]);
  for (const offset of [0n, -1n]) equal(await fetch(before, offset), [topic, 'UNKNOWN_TOPIC_ID', false]);
  equal(await fetch(undefined, 0n), [topic, null, true]);
  await close();
});

test.run();
