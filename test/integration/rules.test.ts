import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Consumer } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { plan } from '../../src/cli/commands/plan.ts';
import type { ExecutionPlan } from '../../src/execution-plan/execution-plan.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const { source, target } = await sharedClusters();
const bootstrap = { source: source.bootstrap, target: target.bootstrap };
const there = { from: bootstrap.source, to: bootstrap.target };
const back = { from: bootstrap.target, to: bootstrap.source };

/** What `kplan plan` finds in a plan file with one flow, by code. */
async function codesOf(flow: object, defaults: object, { from, to } = there): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'kplan-rules-'));
  const clusters = { dc: { bootstrap: from }, msk: { bootstrap: to } };
  const flows = [{ name: 'f', source: 'dc', target: 'msk', ...flow }];
  const text = JSON.stringify({ version: 1, name: uniqueName('rules').slice(0, 60), clusters, defaults, flows });
  const io = recordedIo(directory);
  try {
    await writeFile(join(directory, 'plan.yaml'), text);
    assert.is(await plan({ file: 'plan.yaml', detailedExitcode: false, format: 'json' }, io), 0, io.out() + io.err());
  } finally {
    await rm(directory, { recursive: true });
  }
  const document: ExecutionPlan = JSON.parse(io.out());
  return document.diagnostics.map((one) => one.code).sort();
}

test('the rules find what brokers tell of a topic, and nothing once it is inherited', async () => {
  const topic = uniqueName('rules');
  const config = {
    'cleanup.policy': 'compact,delete',
    'delete.retention.ms': '1000',
    'retention.ms': '600000',
    'unclean.leader.election.enable': 'true',
  };
  await createTopic(bootstrap.source, topic, { config });
  const set = { 'cleanup.policy': 'delete', 'compression.type': 'zstd', 'retention.ms': '60000' };
  const topics = { include: [topic] };
  const more = { ...set, 'unclean.leader.election.enable': 'true' };
  assert.equal(await codesOf({ topics }, { config: { set: more } }), [
    'KP2701',
    'KP2702',
    'KP2703',
    'KP2704',
    'KP2705',
    'KP2706',
    'KP2708',
    'KP2716',
  ]);
  assert.equal(await codesOf({ topics }, {}), ['KP2702', 'KP2704', 'KP2705', 'KP2716']);
});

test('a group in use on the target is found, and is fine when its consumers are gone', async () => {
  const [topic, group] = [uniqueName('rules'), uniqueName('billing')];
  await createTopic(bootstrap.source, topic, { partitions: 1 });
  await createTopic(bootstrap.target, topic, { partitions: 1 });
  await commitOffsets(bootstrap.source, group, [{ topic, partition: 0, offset: 0n }]);
  const flow = { topics: { include: [topic] }, groups: { include: [group] } };
  const consumer = new Kafka({ brokers: [...bootstrap.target], logLevel: logLevel.NOTHING }).consumer({
    groupId: group,
  });
  await consumer.connect();
  try {
    let joined = false;
    consumer.on(consumer.events.GROUP_JOIN, () => {
      joined = true;
    });
    await consumer.subscribe({ topic });
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
    await eventually('the consumer joins', 90_000, () => joined);
    assert.equal(await codesOf(flow, {}), ['KP2114', 'KP2709', 'KP2711', 'KP2714', 'KP2716']);
  } finally {
    await consumer.disconnect();
  }
  assert.equal(await codesOf(flow, {}), ['KP2114', 'KP2711', 'KP2714', 'KP2716']);
});

test('a consumer of the protocol that 4.1 has by itself is refused by 3.9, as a plan says', async () => {
  const [topic, group] = [uniqueName('rules'), uniqueName('modern')];
  for (const side of Object.values(bootstrap)) {
    await createTopic(side, topic, { partitions: 1 });
    await produceRecords({ bootstrap: side, topic }, [{ value: Buffer.from('one') }]);
  }
  const reads = async (side: readonly string[], more: { readonly retries?: number } = {}) => {
    const consumer = new Consumer({
      ...{ groupId: group, clientId: 'shop', bootstrapBrokers: [...side] },
      ...{ groupProtocol: 'consumer', ...more },
    });
    try {
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: true });
      return await new Promise<string>((resolve, reject) => {
        stream.once('data', (message) => resolve(message.value.toString()));
        stream.once('error', reject);
      });
    } finally {
      await consumer.close(true);
    }
  };
  const refusal = await reads(bootstrap.source, { retries: 1 }).catch((error: unknown) => error);
  assert.match(inspect(refusal, { depth: 5 }), 'UNSUPPORTED_VERSION');
  assert.is(await reads(bootstrap.target), 'one');
  const flow = { topics: { include: [topic] }, groups: { include: [group] }, naming: { prefix: 'back.' } };
  assert.ok((await codesOf(flow, {}, back)).includes('KP2735'));
});

test.run();
