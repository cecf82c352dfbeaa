import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { createTopic, uniqueName } from '../fixtures/records.ts';

const username = 'admin';
const password = 'correct-horse';
const mechanisms = ['PLAIN', 'SCRAM-SHA-256'] as const;
const sessionMs = 3_000;
/** Three renewals, each while requests come one after the other on several ways. */
const askedMs = 2.5 * sessionMs;
const askersAtOnce = 3;

const cluster = await startCluster({
  name: 'renewed-logins',
  sasl: { mechanisms: [...mechanisms], users: { [username]: password } },
  properties: { 'connections.max.reauth.ms': sessionMs },
});

for (const mechanism of mechanisms) {
  test(`requests go on while sessions are renewed, ${mechanism}`, async () => {
    const topic = uniqueName('renewed');
    await createTopic(cluster.internalBootstrap, topic);
    const sasl = { mechanism, username, password } as const;
    const settings = { cluster: 'dc', bootstrap: cluster.bootstrap, addressMap: new Map(), sasl };
    const { log, close } = connectCluster(connectionSettings(settings));
    const untilMs = performance.now() + askedMs;
    const ask = async () => {
      while (performance.now() < untilMs) {
        await log.describeTopics([topic]);
        assert.is((await log.offsets([{ topic, partition: 0 }], 'latest'))[0]?.error, null);
      }
    };
    try {
      await Promise.all(Array.from({ length: askersAtOnce }, ask));
    } finally {
      await close();
    }
  });
}

test.after(() => cluster.stop());

test.run();
