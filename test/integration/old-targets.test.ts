import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { apply } from '../../src/cli/commands/apply.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import { verify } from '../../src/cli/commands/verify.ts';
import type { TestCluster } from '../clusters/cluster.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import {
  createTopic,
  produceRecords,
  type RecordToProduce,
  readAll,
  type TopicRecord,
  uniqueName,
} from '../fixtures/records.ts';

/** Kafka 2.8 in the middle of an upgrade from 2.0: what its brokers say to each other is that of 2.0, which had no zstd. */
let target: TestCluster;
const directories: string[] = [];
const config = { 'retention.ms': '-1' };

test.before(async () => {
  const properties = { 'inter.broker.protocol.version': '2.0', 'log.message.format.version': '2.0' };
  target = await startCluster({ name: 'old', version: '2.8', properties });
});

test.after(async () => {
  await target?.stop();
  for (const directory of directories) await rm(directory, { recursive: true });
});

function numbered(what: string, count: number): RecordToProduce[] {
  return Array.from({ length: count }, (_, index) => ({
    key: Buffer.from(`${index}`),
    value: index % 10 === 3 ? null : Buffer.from(`${what} ${index} `.repeat(50)),
  }));
}

/** Runs commands in a folder of their own, with a plan file that mirrors the topic. */
async function flowOf(topic: string, delivery: string) {
  const { source } = await sharedClusters();
  const directory = await mkdtemp(join(tmpdir(), 'kplan-old-target-'));
  directories.push(directory);
  await writeFile(
    join(directory, 'plan.yaml'),
    `version: 1
name: ${topic}
clusters:
  recent: { bootstrap: ${JSON.stringify(source.bootstrap)} }
  old: { bootstrap: ${JSON.stringify(target.bootstrap)} }
state: { cluster: old }
flows:
  - { name: f, source: recent, target: old, topics: { include: ["${topic}"] }, delivery: ${delivery} }
`,
  );
  const file = 'plan.yaml';
  const options = { file, autoApprove: true, leaseSeconds: 15, lockTimeoutSeconds: 0, format: 'json' } as const;
  return {
    source,
    async apply() {
      const io = recordedIo(directory);
      return { code: await apply(options, io), out: io.out() };
    },
    async expectVerified() {
      const verified = recordedIo(directory);
      assert.is(await verify({ file, format: 'json' }, verified), 0, verified.out());
      const again = recordedIo(directory);
      assert.is(await plan({ file, detailedExitcode: true, format: 'text' }, again), 0, again.out());
    },
  };
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`zstd goes as lz4 into Kafka 2.8 that speaks as 2.0, and is told (${delivery})`, async () => {
    const topic = uniqueName('zstd');
    const flow = await flowOf(topic, delivery);
    const { bootstrap } = flow.source;
    await createTopic(bootstrap, topic, { config });
    for (const codec of ['gzip', 'zstd', 'none', 'zstd'] as const) {
      await produceRecords({ bootstrap, topic, codec, recordsPerBatch: 100 }, numbered(codec, 500));
    }
    const first = await flow.apply();
    assert.is(first.code, 0, first.out);
    assert.is(first.out.split('"code":"KP5025"').length, 2, first.out);
    const shown = ({ key, value, timestamp }: TopicRecord) => [key?.toString(), value?.toString(), timestamp];
    const written = await readAll({ bootstrap, topic });
    const arrived = await readAll({ bootstrap: target.bootstrap, topic });
    assert.is(arrived.length, 2_000);
    assert.equal(arrived.map(shown), written.map(shown));
    await flow.expectVerified();
  });
}

test.run();
