import { test } from 'uvu';
import { equal, is, throws } from 'uvu/assert';
import { type ClusterOptions, resolveClusterOptions } from '../../clusters/options.ts';
import { type BrokerPlace, formatArguments, serverProperties } from '../../clusters/properties.ts';

const places: readonly BrokerPlace[] = [1, 2, 3].map((id) => ({
  id,
  bindHost: '127.0.0.1',
  clientPort: 20_000 + id,
  internalPort: 21_000 + id,
  controllerPort: 22_000 + id,
  dataFolder: `/data/${id}`,
}));

const sasl = { mechanisms: ['PLAIN', 'SCRAM-SHA-512'], users: { alice: 'a', bob: 'b' } } as const;

function settings(options: ClusterOptions, brokerCount = 1): Map<string, string> {
  const used = places.slice(0, brokerCount);
  const [place] = used;
  if (place === undefined) {
    throw new Error('no broker');
  }
  const lines = serverProperties(resolveClusterOptions(options), place, used).trim().split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

test('one broker: plain, no topics by accident, internal topics of one replica', () => {
  const read = settings({});
  is(read.get('advertised.listeners'), 'CLIENT://127.0.0.1:20001,INTERNAL://127.0.0.1:21001');
  is(read.get('listener.security.protocol.map'), 'CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT');
  is(read.get('auto.create.topics.enable'), 'false');
  is(read.get('offsets.topic.replication.factor'), '1');
  is(read.get('transaction.state.log.min.isr'), '1');
});

test('three brokers: each votes, internal topics have three replicas', () => {
  const read = settings({}, 3);
  is(read.get('controller.quorum.voters'), '1@127.0.0.1:22001,2@127.0.0.1:22002,3@127.0.0.1:22003');
  is(read.get('offsets.topic.replication.factor'), '3');
  is(read.get('transaction.state.log.min.isr'), '2');
});

test("a test's own properties win", () => {
  const read = settings({ properties: { 'auto.create.topics.enable': true, 'log.segment.bytes': 1_048_576 } });
  is(read.get('auto.create.topics.enable'), 'true');
  is(read.get('log.segment.bytes'), '1048576');
});

test('SASL is for the clients’ listener alone', () => {
  const read = settings({ sasl });
  is(read.get('listener.security.protocol.map'), 'CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT');
  is(read.get('listener.name.client.sasl.enabled.mechanisms'), 'PLAIN,SCRAM-SHA-512');
  is(
    read.get('listener.name.client.plain.sasl.jaas.config'),
    'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="a" user_bob="b";',
  );
});

test('SCRAM users are written while formatting', () => {
  equal(formatArguments(resolveClusterOptions({ sasl }), 'ID', 'FILE').slice(-4), [
    '--add-scram',
    'SCRAM-SHA-512=[name=alice,password=a]',
    '--add-scram',
    'SCRAM-SHA-512=[name=bob,password=b]',
  ]);
});

test('an authorizer without SASL would let everybody in: refused', () => {
  throws(() => resolveClusterOptions({ authorizer: { superUsers: [] } }), /needs sasl/);
  const read = settings({ sasl, authorizer: { superUsers: ['User:alice'] } });
  is(read.get('super.users'), 'User:ANONYMOUS;User:alice');
});

test.run();
