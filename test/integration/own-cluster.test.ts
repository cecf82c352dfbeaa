import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import { equal, is, match, not, ok } from 'uvu/assert';
import type { TestCluster } from '../clusters/cluster.ts';
import { apiVersionsOf, askCluster } from '../clusters/ready.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

async function withCluster(options: Parameters<typeof startCluster>[0], use: (cluster: TestCluster) => Promise<void>) {
  const cluster = await startCluster(options);
  try {
    await use(cluster);
  } finally {
    await cluster.stop();
  }
}

test('three brokers: one is killed and comes back with its data', () =>
  withCluster(
    { name: 'three', brokers: 3, properties: { 'broker.session.timeout.ms': 3_000 } },
    async ({ bootstrap, brokers }) => {
      equal((await askCluster(bootstrap[2] ?? '')).brokerIds, [1, 2, 3]);
      const topic = uniqueName('three');
      await createTopic(bootstrap, topic, { partitions: 3, replicationFactor: 3 });
      const records = [0, 1, 2].map((partition) => ({ partition, value: Buffer.from(`${partition}`) }));
      await produceRecords({ bootstrap, topic }, records);
      const [, , third] = brokers;
      const firstPid = third?.pid;
      ok(firstPid);
      await third?.stop('SIGKILL');
      is(third?.pid, undefined);
      await third?.start();
      not.equal(third?.pid, firstPid);
      is((await readAll({ bootstrap, topic })).length, 3);
    },
  ));

test('a broker that was shut down cleanly starts again on its port', () =>
  withCluster({ name: 'restart', version: '3.9' }, async ({ bootstrap, brokers }) => {
    const topic = uniqueName('restart');
    await createTopic(bootstrap, topic);
    await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('kept') }]);
    await brokers[0]?.stop();
    await brokers[0]?.start();
    is((await readAll({ bootstrap, topic })).length, 1);
  }));

test('SASL and ACLs: only who may, may', () =>
  withCluster(
    {
      name: 'secured',
      sasl: { mechanisms: ['PLAIN', 'SCRAM-SHA-512'], users: { admin: 'admin-secret', alice: 'alice-secret' } },
      authorizer: { superUsers: ['User:admin'] },
    },
    async ({ bootstrap, internalBootstrap }) => {
      await createTopic(internalBootstrap, 'secret');
      equal(await topicsSeenBy(bootstrap, 'scram-sha-512', 'admin', 'admin-secret'), ['secret']);
      equal(await topicsSeenBy(bootstrap, 'plain', 'alice', 'alice-secret'), []);
      const refused = await topicsSeenBy(bootstrap, 'plain', 'alice', 'wrong').catch((error: Error) => error);
      ok(refused instanceof Error);
    },
  ));

async function topicsSeenBy(
  bootstrap: readonly string[],
  mechanism: 'plain' | 'scram-sha-512',
  username: string,
  password: string,
): Promise<string[]> {
  const sasl = mechanism === 'plain' ? { mechanism, username, password } : { mechanism, username, password };
  const kafka = new Kafka({ brokers: [...bootstrap], sasl, logLevel: logLevel.NOTHING, retry: { retries: 1 } });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

for (const [what, properties, why] of [
  ['cannot be formatted', { 'num.io.threads': 'many' }, /num\.io\.threads/],
  ['dies while starting', { 'metric.reporters': 'no.such.Reporter' }, /log of broker 1:.*no\.such\.Reporter/s],
] as const) {
  test(`a broker that ${what} says why`, async () => {
    const error = await startCluster({ name: 'broken', properties }).catch((thrown: Error) => thrown);
    ok(error instanceof Error);
    match(error.message, why);
  });
}

test('what KPLAN_TEST_BOOTSTRAP names is used, and not stopped', () =>
  withCluster({ name: 'real' }, async ({ bootstrap }) => {
    process.env.KPLAN_TEST_BOOTSTRAP = `mine=${bootstrap.join()}`;
    const named = await startCluster({ name: 'mine' });
    is(named.origin, 'named');
    equal(named.bootstrap, bootstrap);
    const refused = await named.brokers[0]?.stop().catch((error: Error) => error);
    ok(refused instanceof Error);
    await named.stop();
    ok((await apiVersionsOf(bootstrap[0] ?? '')).size > 0);
    delete process.env.KPLAN_TEST_BOOTSTRAP;
  }));

test.run();
