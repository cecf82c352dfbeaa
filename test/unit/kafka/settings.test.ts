import { inspect } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { resolveConnection } from '../../../runner/kafka/resolve-connection.ts';
import { connectionSettings, describeSettings, parseAddress, reachedAt } from '../../../runner/kafka/settings.ts';
import type { ClusterDefinition } from '../../../src/migration/migration.ts';

const secret = 'pa55-w0rd';

const secured: ClusterDefinition = {
  bootstrap: { env: 'BOOTSTRAP' },
  auth: { mechanism: 'scram-sha-512', username: 'kplan', password: { file: 'secrets/password' } },
  addressMap: { 'kafka-1:9092': 'localhost:19092' },
};

function environment(env: Record<string, string>, files: Record<string, string> = {}) {
  const readFile = async (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return text;
  };
  return { env, readFile, baseDirectory: '/plans' };
}

async function faultOf(definition: ClusterDefinition, env: Record<string, string>, files?: Record<string, string>) {
  try {
    await resolveConnection('dc', definition, environment(env, files));
  } catch (error) {
    if (error instanceof ClusterFault) return error;
    throw error;
  }
  throw new Error('it was resolved');
}

test('variables and files are read, without the newlines at their ends', async () => {
  const settings = await resolveConnection(
    'dc',
    secured,
    environment({ BOOTSTRAP: 'kafka-1:9092, kafka-2:9092\n' }, { '/plans/secrets/password': `${secret}\r\n\n` }),
  );
  assert.equal(settings.bootstrap, ['kafka-1:9092', 'kafka-2:9092']);
  assert.is(settings.sasl?.mechanism, 'SCRAM-SHA-512');
  assert.is(settings.sasl?.mechanism === 'SCRAM-SHA-512' && settings.sasl.password, secret);
});

test('no way of printing shows a secret', () => {
  const settings = connectionSettings({
    cluster: 'dc',
    bootstrap: ['kafka-1:9092'],
    tls: { key: secret },
    sasl: { mechanism: 'PLAIN', username: 'kplan', password: secret },
    addressMap: new Map([['kafka-1:9092', 'localhost:19092']]),
  });
  const printed = [
    JSON.stringify(settings),
    JSON.stringify({ inside: [settings] }),
    inspect(settings, { depth: null, showHidden: true }),
    inspect({ inside: { deeper: settings } }, { depth: null }),
    inspect({ ...settings }, { depth: null }),
    JSON.stringify(settings.sasl) + inspect(settings.tls, { showHidden: true }),
    JSON.stringify(describeSettings(settings)),
  ];
  for (const text of printed) assert.not.match(text, secret);
  assert.match(printed[0] ?? '', '"mechanism":"PLAIN"');
});

test('every value that is missing is named, with its key and where it was looked for', async () => {
  const fault = await faultOf(secured, {});
  assert.equal(
    fault.diagnostics.map((one) => [one.code, one.summary]),
    [
      ['KP3002', 'clusters.dc.bootstrap needs the environment variable BOOTSTRAP, which is not set or empty.'],
      [
        'KP3003',
        'clusters.dc.auth.password needs the file secrets/password, which does not exist (/plans/secrets/password).',
      ],
    ],
  );
});

test('an empty variable is a missing one', async () => {
  const fault = await faultOf(secured, { BOOTSTRAP: '\n' }, { '/plans/secrets/password': secret });
  assert.equal(
    fault.diagnostics.map((one) => one.code),
    ['KP3002'],
  );
});

test('a value that is wrong is not repeated: a secret may have been put into the wrong variable', async () => {
  const fault = await faultOf(secured, { BOOTSTRAP: secret }, { '/plans/secrets/password': secret });
  assert.is(fault.diagnostic.code, 'KP3004');
  assert.match(fault.message, 'BOOTSTRAP');
  assert.not.match(JSON.stringify(fault.diagnostics), secret);
});

test('a certificate that is none is found before anything connects', async () => {
  const fault = await faultOf(
    { bootstrap: ['kafka-1:9093'], tls: { ca: { env: 'CA' }, key: { env: 'KEY' } }, addressMap: {} },
    { CA: secret, KEY: secret },
  );
  assert.equal(
    fault.diagnostics.map((one) => one.summary),
    [
      'clusters.dc.tls.ca holds no certificate in PEM form.',
      'clusters.dc.tls.key holds no private key in PEM form, or not the key of tls.cert.',
    ],
  );
});

test('IAM of AWS is refused as not available yet', async () => {
  const auth = { mechanism: 'aws-msk-iam', region: 'eu-west-1' } as const;
  const fault = await faultOf({ bootstrap: ['kafka-1:9098'], auth, addressMap: {} }, {});
  assert.equal(
    fault.diagnostics.map((one) => one.code),
    ['KP1200'],
  );
});

test('oauthbearer: a given token is used as it is, and an endpoint needs id and secret', async () => {
  const given = { mechanism: 'oauthbearer', token: { env: 'TOKEN' } } as const;
  const settings = await resolveConnection(
    'dc',
    { bootstrap: ['kafka-1:9098'], auth: given, addressMap: {} },
    environment({ TOKEN: `${secret}\n` }),
  );
  assert.is(settings.sasl?.mechanism === 'OAUTHBEARER' && (await settings.sasl.token()), secret);
  const auth = { mechanism: 'oauthbearer', tokenEndpoint: 'https://id.example/token', clientId: 'kplan' } as const;
  const fault = await faultOf({ bootstrap: ['kafka-1:9098'], auth, addressMap: {} }, {});
  assert.is(fault.diagnostic.code, 'KP3004');
});

test('addresses: names, numbers and IPv6 with a port, and nothing else', () => {
  assert.equal(parseAddress('kafka-1.dc:9092'), { host: 'kafka-1.dc', port: 9092 });
  assert.equal(parseAddress('[::1]:9092'), { host: '::1', port: 9092 });
  for (const wrong of [
    'kafka-1',
    'kafka-1:',
    ':9092',
    'kafka-1:0',
    'kafka-1:65536',
    '::1:9092',
    'http://a:1',
    'a b:1',
    '',
  ]) {
    assert.is(parseAddress(wrong), undefined, wrong);
  }
});

test('the address map says where a broker is reached; what is not in it is reached as it is named', () => {
  const settings = connectionSettings({
    cluster: 'dc',
    bootstrap: [],
    addressMap: new Map([
      ['10.0.1.5:9093', 'localhost:19093'],
      ['[fe80::1]:9093', '[::1]:19094'],
    ]),
  });
  assert.equal(reachedAt(settings, { host: '10.0.1.5', port: 9093 }), { host: 'localhost', port: 19_093 });
  assert.equal(reachedAt(settings, { host: 'fe80::1', port: 9093 }), { host: '::1', port: 19_094 });
  assert.equal(reachedAt(settings, { host: '10.0.1.5', port: 9094 }), { host: '10.0.1.5', port: 9094 });
});

test.run();
