import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCluster } from '../../runner/kafka/open.ts';
import { importClusters } from '../../src/cli/commands/import.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import type { TestCluster } from '../clusters/cluster.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { createTopic } from '../fixtures/records.ts';

const usual = { clusters: [], topics: [], force: false, format: 'text' } as const;
const secret = 'kplan-secret';
const sasl = { mechanisms: ['PLAIN'], users: { kplan: secret, reader: secret } } as const;

/** All that is odd about topics. */
async function createOddTopics(bootstrap: readonly string[]): Promise<void> {
  const large = '9223372036854775807';
  await createTopic(bootstrap, 'plain');
  await createTopic(bootstrap, '42');
  await createTopic(bootstrap, 'with.dots', { partitions: 3, config: { 'cleanup.policy': 'compact' } });
  await createTopic(bootstrap, 'with_underscores-A', { config: { 'cleanup.policy': 'delete,compact' } });
  await createTopic(bootstrap, 'large', {
    partitions: 2,
    config: {
      'retention.ms': large,
      'retention.bytes': large,
      'flush.messages': '9007199254740993',
      'flush.ms': large,
    },
  });
  await createTopic(bootstrap, 'many', {
    config: {
      'compression.type': 'zstd',
      'delete.retention.ms': '+100',
      'index.interval.bytes': '4097',
      'max.compaction.lag.ms': large,
      'max.message.bytes': '2000000',
      'message.timestamp.type': 'LogAppendTime',
      'min.cleanable.dirty.ratio': '0.30',
      'min.insync.replicas': '2',
      preallocate: 'FALSE',
      'segment.bytes': '10485760',
      'leader.replication.throttled.replicas': '*',
      'unclean.leader.election.enable': 'true',
    },
  });
}

/** Quotas of every kind of entity, and ACLs: all rights for kplan, few for reader. */
async function createQuotasAndAcls({ internalBootstrap }: TestCluster): Promise<void> {
  const definition = { bootstrap: internalBootstrap, addressMap: {} };
  const cluster = await openCluster('admin', definition, { env: {}, baseDirectory: '.' });
  const everything = { topic: '*', group: '*', 'transactional-id': '*', cluster: 'kafka-cluster' };
  const literal = { pattern: 'literal', permission: 'allow', host: '*' };
  const ofKplan = Object.entries(everything).map(([type, name]) => ({ type, name, principal: 'User:kplan' }));
  const ofReader = ['describe', 'describe-configs'].map((operation) => ({ operation, principal: 'User:reader' }));
  try {
    await cluster.quotas.alterQuotas(
      [
        { entity: { user: 'CN=me,OU=a b*' }, limits: { producer_byte_rate: 1e6, request_percentage: 12.5 } },
        { entity: { user: '<default>', clientId: '1421' }, limits: { controller_mutation_rate: 0.1 } },
        { entity: { ip: '198.18.0.7' }, limits: { connection_creation_rate: 2147483647 } },
      ],
      { validateOnly: false },
    );
    await cluster.acls.createAcls([
      ...ofKplan.map((one) => ({ ...literal, ...one, operation: 'all' })),
      ...ofReader.map((one) => ({ ...literal, ...one, type: 'topic', name: '*' })),
      { ...literal, principal: 'User:a: b', type: 'topic', name: 'with.', pattern: 'prefixed', operation: 'read' },
      { ...literal, principal: 'User:mallory', type: 'group', name: '42', permission: 'deny', operation: 'read' },
    ]);
  } finally {
    await cluster.close();
  }
}

function connections(bootstrap: readonly string[], user: string): string {
  const auth = { mechanism: 'plain', username: user, password: { env: 'SECRET' } };
  return JSON.stringify({ version: 1, name: 'from', clusters: { live: { bootstrap, auth } } });
}

async function planned(folder: string): Promise<readonly [number, { readonly [key: string]: unknown[] }, string]> {
  const io = recordedIo(folder, { env: { SECRET: secret } });
  const code = await plan({ file: 'live.yaml', detailedExitcode: true, format: 'json' }, io);
  return [code, JSON.parse(io.out()), io.out()];
}

for (const version of ['3.9', '4.1'] as const) {
  test(`${version}: what import writes plans to no changes`, async () => {
    const cluster = await startCluster({ name: `import-${version}`, version, sasl, authorizer: { superUsers: [] } });
    const folder = await mkdtemp(join(tmpdir(), 'kplan-import-'));
    const world = () => recordedIo(folder, { env: { SECRET: secret } });
    try {
      await createOddTopics(cluster.internalBootstrap);
      await createQuotasAndAcls(cluster);
      await writeFile(join(folder, 'from.yaml'), connections(cluster.bootstrap, 'kplan'));
      const io = world();
      assert.is(await importClusters({ ...usual, from: 'from.yaml', out: 'live.yaml' }, io), 0, io.err());
      assert.match(io.out(), 'live.yaml is written: 6 topics, 7 ACLs, 3 quotas.');
      const text = await readFile(join(folder, 'live.yaml'), 'utf8');
      assert.match(text, 'flush.messages: 9007199254740993');
      assert.match(text, '# Left out: `min.insync.replicas` is 2, but the topic has only 1 replica.');
      assert.match(text, '# Left out: leader.replication.throttled.replicas is a throttle');
      const [code, { changes, diagnostics }, printed] = await planned(folder);
      assert.is(code, 0, printed);
      assert.equal(changes, []);
      assert.not.match(JSON.stringify(diagnostics), '"severity":"error"');

      const again = world();
      assert.is(await importClusters({ ...usual, from: 'live.yaml' }, again), 0, again.err());
      assert.is(again.out().replaceAll('name: live', ''), text.replaceAll('name: live', ''));

      const other = text.replace('9007199254740993', '9007199254740992').replace('rate: 0.1', 'rate: 0.2');
      await writeFile(join(folder, 'live.yaml'), other.replace('permission: deny', 'permission: allow'));
      assert.is((await planned(folder))[1].changes?.length, 3);

      await writeFile(join(folder, 'reader.yaml'), connections(cluster.bootstrap, 'reader'));
      const reader = world();
      assert.is(await importClusters({ ...usual, from: 'reader.yaml', topics: ['with*'], format: 'json' }, reader), 0);
      const document = JSON.parse(reader.out());
      assert.equal(document.imported, { topics: 2, acls: 0, quotas: 0 });
      assert.is(document.text.match(/# Not read:/gu).length, 2);
    } finally {
      await cluster.stop();
      await rm(folder, { recursive: true });
    }
  });
}

test.run();
