import { AuthenticationError, NetworkError } from '@platformatic/kafka';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { connectionFault, SilentListenerError } from '../../../runner/kafka/connection-fault.ts';

const facts = { cluster: 'dc', broker: 'b:9092', request: 'connect', tls: false, mechanism: undefined, unproven: true };

test('a listener that takes connections and says nothing is told from one that is not there', () => {
  const silent = connectionFault(facts, new AggregateError([new SilentListenerError('no answer')]));
  assert.is(silent.diagnostic.summary, 'b:9092 of cluster "dc" takes the connection, but does not answer.');
  assert.match(silent.diagnostic.fix ?? '', 'client listener of a broker');
  assert.is(silent.retry, 'later', 'a broker that hangs comes back');
  const refused = connectionFault(facts, Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
  assert.is(refused.diagnostic.summary, 'b:9092 of cluster "dc" is not reachable.');
});

test('a connection closed at the first request: the fix speaks of credentials, not of the network', () => {
  const closed = connectionFault({ ...facts, request: 'Metadata' }, new Error('closed'));
  assert.match(closed.diagnostic.fix ?? '', /^Give the cluster auth/);
  const later = connectionFault({ ...facts, request: 'Metadata', unproven: false }, new Error('closed'));
  assert.match(later.diagnostic.fix ?? '', /^Check the addresses/);
});

for (const code of ['EAI_AGAIN', 'ENOTFOUND']) {
  test(`a name that cannot be looked up now is tried again, ${code}`, () => {
    assert.is(connectionFault(facts, Object.assign(new Error('getaddrinfo'), { code })).retry, 'later');
  });
}

test('a request that was sent may have been done where a renewed login fails', () => {
  const token = brokerFault({ cluster: 'dc', request: 'token' }, { errorName: 'SASL_AUTHENTICATION_FAILED' });
  const refused = new AuthenticationError('no token', { cause: token });
  const lost = new NetworkError('Connection to b:9092 failed.', { cause: refused });
  const sent = { ...facts, request: 'EndTxn', mechanism: 'OAUTHBEARER', unproven: false };
  const fault = connectionFault(sent, new AggregateError([new NetworkError('Connection closed'), lost]));
  assert.is(`${fault.errorName} ${fault.retry}`, 'NETWORK_EXCEPTION later');
});

test.run();
