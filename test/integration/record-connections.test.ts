import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FetchedPartition } from '../../runner/engines/native/ports.ts';
import { type Cluster, connectCluster } from '../../runner/kafka/open.ts';
import { type ConnectionSettings, connectionSettings, type SaslSettings } from '../../runner/kafka/settings.ts';
import { buildBatch } from '../../runner/records/build.ts';
import { recordCountOf } from '../../runner/records/header.ts';
import { splitBatches } from '../../runner/records/split.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { createTopic, readAll, uniqueName } from '../fixtures/records.ts';

const { target } = await sharedClusters();
const password = 'correct-horse';
/** Shorter than the test, so that sessions are renewed within it. */
const sessionMs = 4_000;
const renewals = 2;
/** Sessions are renewed after four fifths of their time. */
const usedMs = renewals * 0.9 * sessionMs;
const recordBytes = 300_000;

async function using<R>(parts: Omit<ConnectionSettings, 'clientId'>, use: (cluster: Cluster) => Promise<R>) {
  const cluster = connectCluster(connectionSettings(parts));
  try {
    return await use(cluster);
  } finally {
    await cluster.close();
  }
}

function batchOf(value: number): Buffer {
  return buildBatch({ records: [{ key: null, value: Buffer.alloc(recordBytes, value), timestamp: 1n }] });
}

async function fetchAt({ log }: Cluster, topic: string, offset: bigint): Promise<FetchedPartition> {
  const [fetched] = await log.fetch(1, {
    positions: [{ topic, partition: 0, offset, maxBytes: 1_000_000 }],
    ...{ maxBytes: 1_000_000, minBytes: 1, maxWaitMs: 500, isolation: 'read_committed' },
  });
  assert.ok(fetched);
  return fetched;
}

/** Writes and reads, request after request, until the time is over; what was read is given back each time. */
async function writeAndRead(cluster: Cluster, topic: string, durationMs: number): Promise<number> {
  const untilMs = performance.now() + durationMs;
  let offset = 0;
  for (; performance.now() < untilMs; offset += 1) {
    const [written] = await cluster.log.produce(1, null, [{ topic, partition: 0, batch: batchOf(offset % 251) }]);
    assert.is(written?.error, null, written?.message);
    assert.is(written?.baseOffset, BigInt(offset));
    const fetched = await fetchAt(cluster, topic, BigInt(offset));
    assert.is(fetched.error, null);
    const { batches } = splitBatches(fetched.records);
    assert.equal(batches.map(recordCountOf), [1]);
    assert.ok(batches[0]?.subarray(-recordBytes - 1, -1).equals(Buffer.alloc(recordBytes, offset % 251)));
    fetched.release();
  }
  return offset;
}

test('records pass through TLS and SASL, also while sessions are renewed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-records-'));
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
  const names = ['-subj', '/CN=broker', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const keys = ['-newkey', 'rsa:2048', '-nodes', '-keyout', files.key, '-out', files.cert];
  await execa('openssl', ['req', '-x509', ...keys, ...names]);
  const [key, ca] = await Promise.all([readFile(files.key, 'utf8'), readFile(files.cert, 'utf8')]);
  const oneLine = (pem: string) => pem.trim().replaceAll('\n', ' ');
  const cluster = await startCluster({
    name: 'records',
    sasl: { mechanisms: ['PLAIN', 'SCRAM-SHA-256'], users: { admin: password } },
    properties: {
      'listener.security.protocol.map': 'CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'listener.name.client.ssl.keystore.type': 'PEM',
      'listener.name.client.ssl.keystore.certificate.chain': oneLine(ca),
      'listener.name.client.ssl.keystore.key': oneLine(key),
      'connections.max.reauth.ms': sessionMs,
    },
  });
  try {
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256'] as const) {
      const topic = uniqueName('secure');
      await createTopic(cluster.internalBootstrap, topic);
      const sasl: SaslSettings = { mechanism, username: 'admin', password };
      const parts = { cluster: 'dc', bootstrap: cluster.bootstrap, addressMap: new Map(), tls: { ca }, sasl };
      const written = await using(parts, (opened) => writeAndRead(opened, topic, usedMs));
      assert.ok(written > renewals);
      const records = await readAll({ bootstrap: cluster.internalBootstrap, topic });
      assert.equal(
        records.map(({ value }) => value?.[0]),
        Array.from({ length: written }, (_, index) => index % 251),
      );
    }
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true });
  }
});

/** Between us and the broker: ends every connection once it has brought so many bytes of answers. */
async function cutAfter(address: string, answerBytesMax: number) {
  const [host = '', port = ''] = address.split(':');
  const server = createServer((near) => {
    const far = createConnection({ host, port: Number(port) });
    let left = answerBytesMax;
    near.pipe(far);
    far.on('data', (bytes: Buffer) => {
      near.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) near.destroySoon();
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {}).on('close', () => other.destroySoon());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test('an answer that breaks off is none, and the next fetch begins anew', async () => {
  const topic = uniqueName('cut');
  const [broker = ''] = target.bootstrap;
  await createTopic(target.bootstrap, topic);
  const proxy = await cutAfter(broker, recordBytes + 10_000);
  const addressMap = new Map([[broker, proxy.address]]);
  const parts = { cluster: 'dc', bootstrap: target.bootstrap, addressMap };
  try {
    await using({ ...parts, addressMap: new Map() }, ({ log }) =>
      log.produce(1, null, [{ topic, partition: 0, batch: batchOf(7) }]),
    );
    await using(parts, async (cluster) => {
      assert.is((await fetchAt(cluster, topic, 0n)).records.length, batchOf(7).length);
      // The second answer of this connection is cut in its records, so it is asked for again on the next.
      const { error, records } = await fetchAt(cluster, topic, 0n);
      assert.is(error, null);
      assert.equal(splitBatches(records).cutBytes, 0);
    });
    await using(parts, async (cluster) => {
      await cluster.log.produce(1, null, [{ topic, partition: 0, batch: batchOf(8) }]);
      // Both batches in one answer never come whole: a value, so that the engine asks who leads.
      assert.is((await fetchAt(cluster, topic, 0n)).error, 'NETWORK_EXCEPTION');
    });
  } finally {
    proxy.close();
  }
});

test.run();
