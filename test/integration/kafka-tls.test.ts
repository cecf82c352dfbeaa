import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClusterFault } from '../../runner/kafka/cluster-fault.ts';
import { openCluster } from '../../runner/kafka/open.ts';
import type { TlsDefinition } from '../../src/migration/migration.ts';
import { startCluster } from '../clusters/start-cluster.ts';

interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A key and its self-signed certificate, made by openssl in `folder`. */
async function identity(folder: string, name: string, subjectAltName: string): Promise<Identity> {
  const key = join(folder, `${name}.key`);
  const cert = join(folder, `${name}.pem`);
  const wanted = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${subjectAltName}`, '-days', '2'];
  await execa('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...wanted]);
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

/** PEM on one line, as it may stand in server.properties. */
function oneLine(pem: string): string {
  return pem.trim().replaceAll('\n', ' ');
}

test('TLS with a certificate on both sides, and every way in which it may not fit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-tls-'));
  const broker = await identity(folder, 'broker', 'IP:127.0.0.1,DNS:kafka.test');
  const client = await identity(folder, 'client', 'DNS:client');
  const cluster = await startCluster({
    name: 'tls',
    properties: {
      'listener.security.protocol.map': 'CLIENT:SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'listener.name.client.ssl.client.auth': 'required',
      'listener.name.client.ssl.keystore.type': 'PEM',
      'listener.name.client.ssl.keystore.certificate.chain': oneLine(broker.cert),
      'listener.name.client.ssl.keystore.key': oneLine(broker.key),
      'listener.name.client.ssl.truststore.type': 'PEM',
      'listener.name.client.ssl.truststore.certificates': oneLine(client.cert),
    },
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
