import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { endsFlow } from '../../../runner/engines/native/faults.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { openConnection } from '../../../runner/kafka/connection.ts';
import { tokenSource } from '../../../runner/kafka/oauth-token.ts';
import { openRecordConnection } from '../../../runner/kafka/record-connection.ts';
import { type Address, type ConnectionSettings, connectionSettings } from '../../../runner/kafka/settings.ts';
import { recordBuffers } from '../../../runner/records/record-buffers.ts';
import { apiKeys, startLoginBroker } from './login-broker.ts';

type Login = Pick<Partial<ConnectionSettings>, 'sasl' | 'tls'>;

const ways = {
  control: openConnection,
  records: (settings: ConnectionSettings, at: Address) => openRecordConnection(settings, at, recordBuffers(1)),
} as const;

/** What connecting says where the broker closes the connection. */
async function toldOf(way: keyof typeof ways, login: Login, closesAt?: number | 'accept'): Promise<string> {
  const broker = await startLoginBroker(closesAt === undefined ? {} : { closesAt });
  const { host, port } = broker;
  const settings = connectionSettings({
    cluster: 'dc',
    bootstrap: [`${host}:${port}`],
    addressMap: new Map(),
    ...login,
  });
  try {
    await (await ways[way](settings, { host, port })).close();
    return 'connected';
  } catch (error) {
    if (!(error instanceof ClusterFault)) throw error;
    return `${error.diagnostic.code}, ${error.retry}${endsFlow(error) ? ', ends the flow' : ''}`;
  } finally {
    broker.close();
  }
}

const user = { username: 'u', password: 'p' };
const { saslHandshake, apiVersions, saslAuthenticate } = apiKeys;

for (const way of ['control', 'records'] as const) {
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256'] as const) {
    for (const closesAt of ['accept', apiVersions, saslHandshake, saslAuthenticate] as const) {
      test(`${mechanism}, ${way}: a connection that is closed at ${closesAt} tells of no wrong password`, async () => {
        assert.is(await toldOf(way, { sasl: { mechanism, ...user } }, closesAt), 'KP3001, later');
      });
    }
  }

  test(`${way}: a token endpoint that does not answer tells of no wrong password`, async () => {
    const client = { tokenEndpoint: 'https://idp.example/token', clientId: 'c', clientSecret: 's' };
    const token = tokenSource('dc', client, Date.now, async () => {
      throw new TypeError('fetch failed');
    });
    assert.is(await toldOf(way, { sasl: { mechanism: 'OAUTHBEARER', token } }), 'KP3015, later');
  });

  test(`${way}: a TLS listener that takes the connection and closes it comes back`, async () => {
    assert.is(await toldOf(way, { tls: {} }, 'accept'), 'KP3007, later');
  });
}

test.run();
