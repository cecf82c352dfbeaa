import { protocolErrors } from '@platformatic/kafka';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { FencedError } from '../../../runner/kafka/cluster-fault.ts';
import { errorName, isFencing, kafkaError, kafkaErrors } from '../../../runner/kafka/error-table.ts';

const place = { cluster: 'msk', request: 'Fetch', broker: 'kafka-1:9092' };

/** Kafka itself does not call it retriable; a broker that restarts comes back. */
const retriedBesides = new Set(['BROKER_NOT_AVAILABLE']);

test('every error that the client knows is in the table, with its number', () => {
  for (const [name, { code }] of Object.entries(protocolErrors)) {
    if (name === 'NONE') continue;
    assert.is(errorName(code), name);
    assert.is(kafkaError(name).code, code);
  }
});

test('what is retriable in Kafka is retried, and nothing else', () => {
  for (const [name, { canRetry }] of Object.entries(protocolErrors)) {
    const retried = kafkaError(name).retry !== 'never';
    assert.is(retried, canRetry || retriedBesides.has(name), name);
  }
});

test('no code is given twice', () => {
  const codes = Object.values(kafkaErrors).map((one) => one.code);
  assert.is(new Set(codes).size, codes.length);
});

test('no error is null, and a newer error keeps its number', () => {
  assert.is(errorName(0), null);
  assert.is(errorName(9_999), 'UNKNOWN_ERROR_9999');
  assert.is(kafkaError('UNKNOWN_ERROR_9999').retry, 'never');
  assert.is(kafkaError('toString').retry, 'never');
});

test('every error of the table becomes a fault that names cluster, request and error', () => {
  for (const name of Object.keys(kafkaErrors)) {
    const fault = brokerFault(place, { errorName: name, message: 'as the broker says' });
    assert.match(fault.message, '"msk"', name);
    assert.is(fault.errorName, name);
    assert.is(fault.retriable, kafkaError(name).retry !== 'never', name);
    assert.is(fault instanceof FencedError, isFencing(name), name);
    assert.match(fault.diagnostic.detail ?? '', 'as the broker says', name);
    assert.match(fault.diagnostic.detail ?? '', 'kafka-1:9092', name);
  }
});

test('a missing permission says which operation on which resource', () => {
  const read = brokerFault(place, { errorName: 'TOPIC_AUTHORIZATION_FAILED', resource: 'orders' });
  assert.is(read.diagnostic.code, 'KP3010');
  assert.is(read.message, 'The user of cluster "msk" is not allowed READ on topic "orders" (Fetch).');
  assert.match(read.diagnostic.fix ?? '', 'ACL READ on topic "orders"');
  const write = brokerFault(
    { ...place, request: 'InitProducerId' },
    { errorName: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', resource: 'kplan-1' },
  );
  assert.match(write.message, 'WRITE on transactional id "kplan-1"');
  const create = brokerFault({ ...place, request: 'CreateTopics' }, { errorName: 'CLUSTER_AUTHORIZATION_FAILED' });
  assert.match(create.message, 'CREATE on the cluster');
});

test.run();
