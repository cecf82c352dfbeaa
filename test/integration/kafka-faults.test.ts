import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClusterFault } from '../../runner/kafka/cluster-fault.ts';
import { type Cluster, connectCluster } from '../../runner/kafka/open.ts';
import { type ConnectionSettings, connectionSettings, type SaslSettings } from '../../runner/kafka/settings.ts';
import { renderDiagnostic } from '../../src/diagnostics/text.ts';
import { freePorts } from '../clusters/ports.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const password = 'correct-horse';
const patienceMs = 90_000;

function settingsOf(bootstrap: readonly string[], more: Partial<ConnectionSettings> = {}): ConnectionSettings {
  return connectionSettings({ cluster: 'dc', bootstrap, addressMap: new Map(), ...more });
}

async function using<R>(settings: ConnectionSettings, use: (cluster: Cluster) => Promise<R>): Promise<R> {
  const cluster = connectCluster(settings);
  try {
    return await use(cluster);
  } finally {
    await cluster.close();
  }
}

/** What broker 1 answers to a fetch from the start of partition 0; null where it answers with records. */
async function fetchErrorOf(log: Cluster['log'], topic: string): Promise<string | null | undefined> {
  const [fetched] = await log.fetch(1, {
    positions: [{ topic, partition: 0, offset: 0n, maxBytes: 1_000 }],
    maxBytes: 1_000,
    minBytes: 1,
    maxWaitMs: 10,
    isolation: 'read_committed',
  });
  return fetched?.error;
}

/** What a person reads: no stack trace, no password, whichever way it is printed. */
async function messageOf(settings: ConnectionSettings, use: (cluster: Cluster) => Promise<unknown>): Promise<string> {
  const fault = await using(settings, use).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(fault instanceof ClusterFault, inspect(fault));
  assert.not.match(inspect(fault, { depth: null, showHidden: true }), password);
  const text = fault.diagnostics.map((one) => renderDiagnostic(one, { color: false })).join('');
  assert.not.match(text, /\n\s+at .*\.(ts|js):/);
  assert.not.match(text, password);
  return text.replaceAll(/\s+/g, ' ');
}

const describe = ({ reader }: Cluster) => reader.describeCluster();

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a port where nothing listens', async () => {
  const [port] = await freePorts(1);
  const text = await messageOf(settingsOf([`127.0.0.1:${port}`]), describe);
  assert.match(text, `error KP3001: 127.0.0.1:${port} of cluster "dc" is not reachable.`);
  assert.match(text, 'Nothing listens there (connection refused).');
  assert.match(text, 'Fix: Check the addresses');
});

test('one of two addresses is down: the other one is used', async () => {
  const { target } = await sharedClusters();
  const [port] = await freePorts(1);
  const found = await using(settingsOf([`127.0.0.1:${port}`, ...target.bootstrap]), describe);
  assert.is(found.brokers.length, 1);
});

test('a host that nobody knows', async () => {
  const text = await messageOf(settingsOf(['kafka.invalid:9092']), describe);
  assert.match(text, 'error KP3005: The host of kafka.invalid:9092 of cluster "dc" is not known.');
});

test('a web server is no broker', async () => {
  const server = createHttpServer((_request, response) => response.end('hello'));
  const address = await listening(server);
  const text = await messageOf(settingsOf([address]), describe);
  assert.match(text, `error KP3006: ${address} of cluster "dc" is not a Kafka broker`);
  server.close();
});

test('a server that answers with nonsense is no broker', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).write('SSH-2.0-OpenSSH_9.2\r\n'));
  const text = await messageOf(settingsOf([await listening(server)]), describe);
  assert.match(text, 'error KP3006');
  server.close();
});

test('TLS to a listener without it', async () => {
  const { target } = await sharedClusters();
  const text = await messageOf(settingsOf(target.bootstrap, { tls: {} }), describe);
  assert.match(text, `error KP3007: ${target.bootstrap[0]} of cluster "dc" does not speak TLS`);
});

test('a partition whose broker does not answer is a value, so that its new leader is asked', async () => {
  const { target } = await sharedClusters();
  const topic = uniqueName('gone');
  await createTopic(target.bootstrap, topic);
  const [port] = await freePorts(1);
  const addressMap = new Map([[target.bootstrap[0] ?? '', `127.0.0.1:${port}`]]);
  const tunnel = await forward(target.bootstrap[0] ?? '');
  const settings = settingsOf([tunnel.address], { addressMap });
  await using(settings, async ({ log }) => {
    await log.describeTopics([topic]);
    assert.is(await fetchErrorOf(log, topic), 'NETWORK_EXCEPTION');
    const produced = await log.produce(1, null, [{ topic, partition: 0, batch: Buffer.alloc(61) }]);
    assert.is(produced[0]?.error, 'NETWORK_EXCEPTION');
  });
  tunnel.close();
});

test('SASL: who is not who he says', async () => {
  const cluster = await startCluster({
    name: 'faults-sasl',
    sasl: { mechanisms: ['PLAIN', 'SCRAM-SHA-256'], users: { admin: password, alice: password } },
    authorizer: { superUsers: ['User:admin'] },
  });
  try {
    const { bootstrap, internalBootstrap } = cluster;
    const as = (username: string, mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', given = password) => {
      const sasl: SaslSettings = { mechanism, username, password: given };
      return settingsOf(bootstrap, { sasl });
    };
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256'] as const) {
      assert.is((await using(as('admin', mechanism), describe)).brokers.length, 1);
      const text = await messageOf(as('alice', mechanism, `${password}-not`), describe);
      assert.match(
        text,
        `error KP3009: ${bootstrap[0]} of cluster "dc" did not accept the credentials (${mechanism}).`,
      );
    }
    assert.match(await messageOf(as('admin', 'SCRAM-SHA-512'), describe), 'UNSUPPORTED_SASL_MECHANISM');
    assert.match(await messageOf(settingsOf(bootstrap), describe), 'the listener may want credentials');

    const topic = uniqueName('secret');
    await createTopic(internalBootstrap, topic);
    await produceRecords({ bootstrap: internalBootstrap, topic }, [{ value: Buffer.from('v') }]);
    await permissionsMissing(as('alice', 'PLAIN'), internalBootstrap, topic);
  } finally {
    await cluster.stop();
  }
});

async function permissionsMissing(alice: ConnectionSettings, internalBootstrap: readonly string[], topic: string) {
  const group = uniqueName('group');
  const transactionalId = uniqueName('tx');
  const none = await messageOf(alice, ({ log }) => log.describeTopics([topic]));
  assert.match(none, `error KP3010: The user of cluster "dc" is not allowed DESCRIBE on topic "${topic}" (Metadata).`);
  const init = await messageOf(alice, ({ log }) => log.initProducer(transactionalId, 10_000));
  assert.match(init, `DESCRIBE on transactional id "${transactionalId}" (FindCoordinator)`);
  const offsets = await messageOf(alice, ({ groups }) => groups.committedOffsets([group]));
  assert.match(offsets, `DESCRIBE on group "${group}" (FindCoordinator)`);
  const settings = await messageOf(alice, ({ reader }) => reader.describeTopicSettings([topic]));
  assert.match(settings, `Fix: Give it the ACL DESCRIBE_CONFIGS on topic "${topic}"`);
  await using(alice, async ({ topics, reader, groups }) => {
    assert.is(await groups.offsetsRetentionMs(), null);
    const [made] = await topics.createTopics([{ topic: 'mine', partitions: 1, replicationFactor: 1, config: {} }], {
      validateOnly: false,
    });
    assert.is(made?.error, 'TOPIC_AUTHORIZATION_FAILED');
    assert.is((await reader.newTopicSettings()).size, 0);
    assert.equal(await reader.listTopics(), []);
  });
  await allow(internalBootstrap, 8, topic);
  await using(alice, async ({ log }) => {
    await eventually('DESCRIBE is there', patienceMs, async () =>
      log.describeTopics([topic]).then(
        (found) => found.has(topic),
        () => false,
      ),
    );
    assert.is(await fetchErrorOf(log, topic), 'TOPIC_AUTHORIZATION_FAILED');
  });
}

/** Allows User:alice one operation (a number of the protocol) on a topic. */
async function allow(internalBootstrap: readonly string[], operation: number, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [...internalBootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const acl = { resourceType: 2, resourceName: topic, resourcePatternType: 3, principal: 'User:alice', host: '*' };
    await admin.createAcls({ acl: [{ ...acl, operation, permissionType: 3 }] });
  } finally {
    await admin.disconnect();
  }
}

/** A tunnel as people have them: the broker calls itself by another address than the one it is reached at. */
async function forward(to: string): Promise<{ readonly address: string; close(): void }> {
  const { connect } = await import('node:net');
  const [host = '', port = ''] = to.split(':');
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  return { address: await listening(server), close: () => server.close() };
}

test.run();
