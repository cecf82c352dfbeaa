import { test } from 'uvu';
import * as assert from 'uvu/assert';
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

test.run();
