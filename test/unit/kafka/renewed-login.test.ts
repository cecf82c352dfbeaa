import { setTimeout as pause } from 'node:timers/promises';
import { createAPI, Writer } from '@platformatic/kafka';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { candidate, openConnection } from '../../../runner/kafka/connection.ts';
import { connectionSettings } from '../../../runner/kafka/settings.ts';
import { apiKeys, startLoginBroker } from './login-broker.ts';

const lifetimeMs = 250;
const renewals = 4;
const deadlineMs = 20_000;

const metadata = createAPI<[], boolean>(
  3,
  12,
  () => Writer.create(),
  () => true,
  false,
  false,
);

test('no request goes between those of a login that is renewed', async () => {
  const broker = await startLoginBroker({ lifetimeMs });
  const { host, port, asked } = broker;
  const sasl = { mechanism: 'PLAIN', username: 'u', password: 'p' } as const;
  const settings = connectionSettings({ cluster: 'dc', bootstrap: [`${host}:${port}`], addressMap: new Map(), sasl });
  const connection = await openConnection(settings, { host, port });
  const logins = () => asked.filter((one) => one === apiKeys.saslAuthenticate).length;
  const untilMs = performance.now() + deadlineMs;
  try {
    while (logins() <= renewals && performance.now() < untilMs) {
      await connection.send({ name: 'Metadata', candidates: [candidate(metadata)] });
      await pause(1);
    }
    assert.ok(logins() > renewals, `${logins()} logins`);
  } finally {
    await connection.close();
    broker.close();
  }
});

test.run();
