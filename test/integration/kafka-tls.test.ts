import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClusterFault } from '../../runner/kafka/cluster-fault.ts';
import { openCluster } from '../../runner/kafka/open.ts';
import type { TlsDefinition } from '../../src/migration/migration.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { selfSigned, tlsListener } from '../fixtures/tls.ts';

test('TLS with a certificate on both sides, and every way in which it may not fit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-tls-'));
  const broker = await selfSigned(folder, 'broker', 'IP:127.0.0.1,DNS:kafka.test');
  const client = await selfSigned(folder, 'client', 'DNS:client');
  const cluster = await startCluster({
    name: 'tls',
    properties: tlsListener(broker, client),
  });
  const { bootstrap } = cluster;
  const port = bootstrap[0]?.split(':')[1];
  const env = { CA: broker.cert, OTHER_CA: client.cert, CERT: client.cert, KEY: client.key };
  const ask = async (tls: TlsDefinition | undefined, addresses = bootstrap) => {
    const definition = { bootstrap: addresses, addressMap: {}, ...(tls === undefined ? {} : { tls }) };
    const opened = await openCluster('dc', definition, { env, baseDirectory: folder });
    try {
      return (await opened.reader.describeCluster()).brokers.length;
    } finally {
      await opened.close();
    }
  };
  const refused = async (tls: TlsDefinition | undefined, addresses = bootstrap) => {
    const fault = await ask(tls, addresses).catch((error: unknown) => error);
    assert.ok(fault instanceof ClusterFault, `${fault}`);
    return { code: fault.diagnostic.code, text: `${fault.message} ${fault.diagnostic.detail}` };
  };
  const own = { cert: { file: 'client.pem' }, key: { env: 'KEY' } } as const;
  const ca = { env: 'CA' } as const;
  try {
    assert.is(await ask({ ca, ...own }), 1);
    assert.is(await ask({ ca, ...own, serverName: 'kafka.test' }), 1);

    const wrongName = await refused({ ca, ...own, serverName: 'other.test' });
    assert.is(wrongName.code, 'KP3008');
    assert.match(wrongName.text, 'other.test');
    const wrongIssuer = await refused({ ca: { env: 'OTHER_CA' }, ...own });
    assert.is(wrongIssuer.code, 'KP3008');
    const withoutOwn = await refused({ ca });
    assert.is(withoutOwn.code, 'KP3008', withoutOwn.text);
    const plain = await refused(undefined, [`127.0.0.1:${port}`]);
    assert.is(plain.code, 'KP3007', plain.text);
    assert.match(plain.text, 'wants TLS');
    const notItsKey = await refused({ ca, cert: { env: 'CA' }, key: { env: 'KEY' } });
    assert.is(notItsKey.code, 'KP3004');
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true });
  }
});

test.run();
