import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importClusters } from '../../src/cli/commands/import.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { createTopic, uniqueName } from '../fixtures/records.ts';

const usual = { clusters: [], topics: [], force: false, format: 'text' } as const;

/** Topics with all that is odd about them, under names that begin with `prefix`. */
async function createOddTopics(bootstrap: readonly string[], prefix: string): Promise<void> {
  const large = '9223372036854775807';
  await createTopic(bootstrap, `${prefix}plain`);
  await createTopic(bootstrap, `${prefix}with.dots`, { partitions: 3, config: { 'cleanup.policy': 'compact' } });
  await createTopic(bootstrap, `${prefix}with_underscores-A`, { config: { 'cleanup.policy': 'delete,compact' } });
  await createTopic(bootstrap, `${prefix}large`, {
    partitions: 2,
    config: {
      'retention.ms': large,
      'retention.bytes': large,
      'flush.messages': '9007199254740993',
      'flush.ms': large,
    },
  });
  await createTopic(bootstrap, `${prefix}many`, {
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

for (const name of ['source', 'target'] as const) {
  test(`${name}: what import writes plans to no changes`, async () => {
    const { bootstrap } = (await sharedClusters())[name];
    const folder = await mkdtemp(join(tmpdir(), 'kplan-import-'));
    const prefix = `${uniqueName('import')}.`;
    await createOddTopics(bootstrap, prefix);
    const io = recordedIo(folder);
    const options = { ...usual, clusters: [{ name: 'live', bootstrap }], topics: [`${prefix}*`], out: 'live.yaml' };
    assert.is(await importClusters(options, io), 0, io.err());
    assert.match(io.out(), /^live\.yaml is written: 5 topics/u);
    const text = await readFile(join(folder, 'live.yaml'), 'utf8');
    assert.match(text, 'flush.messages: 9007199254740993');
    assert.match(text, '# Left out: `min.insync.replicas` is 2, but the topic has only 1 replica.');
    assert.match(text, '# Left out: leader.replication.throttled.replicas is a throttle');

    assert.is(await importClusters(options, io), 1);
    assert.match(io.err(), 'KP1301');
    const again = recordedIo(folder);
    assert.is(await importClusters({ ...usual, from: 'live.yaml', topics: options.topics }, again), 0, again.err());
    assert.is(again.out(), text);

    const planned = recordedIo(folder);
    const code = await plan({ file: 'live.yaml', detailedExitcode: true, format: 'json' }, planned);
    const { changes, summary, diagnostics } = JSON.parse(planned.out());
    assert.is(code, 0, planned.out());
    assert.equal(changes, []);
    assert.is(summary.unchanged >= 5, true);
    assert.equal(
      diagnostics.filter((one: { severity: string }) => one.severity === 'error'),
      [],
    );

    await writeFile(join(folder, 'live.yaml'), text.replace('9007199254740993', '9007199254740992'));
    const changed = recordedIo(folder);
    assert.is(await plan({ file: 'live.yaml', detailedExitcode: true, format: 'json' }, changed), 2);
    await rm(folder, { recursive: true });
  });
}

test.run();
