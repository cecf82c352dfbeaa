import { Consumer, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import { apiVersionsOf, askCluster } from '../clusters/ready.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { createTopic, uniqueName } from '../fixtures/records.ts';

/** Highest version of ListTransactions (API key 66): 1 in 3.9, 2 since 4.1 (KIP-1152). */
const listTransactionsKey = 66;
const listTransactionsMax = { source: 1, target: 2 };

for (const name of ['source', 'target'] as const) {
  test(`${name}: its one broker answers Metadata on both listeners`, async () => {
    const cluster = (await sharedClusters())[name];
    for (const server of [...cluster.bootstrap, ...cluster.internalBootstrap]) {
      const { clusterId, brokerIds } = await askCluster(server);
      equal(brokerIds, [1]);
      ok(clusterId);
    }
  });

  test(`${name}: speaks the API versions of its Kafka`, async () => {
    const cluster = (await sharedClusters())[name];
    const versions = await apiVersionsOf(cluster.bootstrap[0] ?? '');
    is(versions.get(listTransactionsKey), listTransactionsMax[name]);
  });

  test(`${name}: what kafkajs produces, @platformatic/kafka's consumer reads`, async () => {
    const { bootstrap } = (await sharedClusters())[name];
    const topic = uniqueName('clusters');
    await createTopic(bootstrap, topic);
    await produceByKafkajs(bootstrap, topic);
    const consumer = new Consumer({
      clientId: 'kplan-test',
      groupId: uniqueName('clusters'),
      bootstrapBrokers: [...bootstrap],
      deserializers: stringDeserializers,
    });
    try {
      const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST });
      for await (const { key, value, headers } of stream) {
        equal({ key, value, headers: [...headers] }, { key: 'k', value: 'v', headers: [['h', 'x']] });
        break;
      }
    } finally {
      await consumer.close(true);
    }
  });
}

async function produceByKafkajs(bootstrap: readonly string[], topic: string): Promise<void> {
  const kafka = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.ERROR });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key: 'k', value: 'v', headers: { h: 'x' } }] });
  await producer.disconnect();
}

test.run();
