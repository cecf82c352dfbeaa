import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCluster } from '../../runner/kafka/open.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import type { ProgressSnapshot } from '../../src/cluster/progress.ts';
import { snapshotFromJson } from '../../src/cluster/snapshot-json.ts';
import type { ExecutionPlan } from '../../src/execution-plan/execution-plan.ts';
import { transactionOpenAtSource } from '../../src/rules/open-transactions.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const { source, target } = await sharedClusters();
const versions = { '3.9': source.bootstrap, '4.1': target.bootstrap } as const;
const value = Buffer.from('v');

async function progressOf(
  bootstrap: readonly string[],
  topic: string,
  groups: readonly string[],
): Promise<ProgressSnapshot> {
  const world = { env: {}, baseDirectory: '.' };
  const cluster = await openCluster('dc', { bootstrap, addressMap: {} }, world);
  try {
    const { reader } = cluster;
    const [topics, listed] = await Promise.all([reader.listTopics(), reader.listGroups()]);
    return await reader.readProgress({
      topics: topics.filter((one) => one.name === topic),
      groups: listed.filter(({ group }) => groups.includes(group)),
    });
  } finally {
    await cluster.close();
  }
}

for (const [version, bootstrap] of Object.entries(versions)) {
  test(`${version}: an open transaction is found with its producer, its id and its age, and is gone when it ends`, async () => {
    const topic = uniqueName('open');
    const transactionalId = uniqueName('billing');
    await createTopic(bootstrap, topic, { partitions: 2 });
    await produceRecords({ bootstrap, topic }, [{ value, partition: 1 }]);
    const startedAfterMs = Date.now();
    const transaction = { transactionalId, outcome: 'open', timeoutMs: 600_000 } as const;
    await produceRecords({ bootstrap, topic, transaction }, [{ value, partition: 1 }]);
    const progress = await progressOf(bootstrap, topic, []);
    assert.equal(progress.unread, []);
    assert.equal(progress.ends.get(topic), [
      { end: 0n, stable: 0n },
      { end: 2n, stable: 1n },
    ]);
    const [open, ...others] = progress.openTransactions;
    assert.equal(others, []);
    if (open === undefined || typeof open.coordinator === 'string') throw new Error(`found: ${open?.coordinator}`);
    const { partition, startOffset, coordinator } = open;
    assert.equal(
      { partition, startOffset, id: coordinator.transactionalId, timeoutMs: coordinator.timeoutMs },
      { partition: 1, startOffset: 1n, id: transactionalId, timeoutMs: 600_000 },
    );
    assert.ok(open.producerId >= 0n);
    assert.ok(coordinator.startMs >= startedAfterMs - 1_000 && coordinator.startMs <= Date.now() + 1_000);

    const speaks = (nowMs: number) => {
      const snapshot = snapshotFromJson('dc', JSON.stringify({ clusterId: '', brokers: 1 }));
      const flow = { name: 'f', source: 'dc', topics: [{ source: topic }] };
      return transactionOpenAtSource(flow, { snapshots: new Map([['dc', { ...snapshot, progress }]]), nowMs });
    };
    assert.is(speaks(coordinator.startMs + 59_000), undefined);
    assert.match(speaks(coordinator.startMs + 120_000)?.summary ?? '', 'for 2 minutes');

    await produceRecords({ bootstrap, topic, transaction: { transactionalId, outcome: 'abort' } }, [
      { value, partition: 1 },
    ]);
    await eventually('the transaction ends', 90_000, async () => {
      return (await progressOf(bootstrap, topic, [])).openTransactions.length === 0;
    });
  });
}

test('a plan shows what each group has left to read, and its JSON says so', async () => {
  const [topic, billing, other] = [uniqueName('lag'), uniqueName('lag-billing'), uniqueName('lag-other')];
  await createTopic(source.bootstrap, topic, { partitions: 3 });
  const records = Array.from({ length: 30 }, (_, index) => ({ value, partition: index % 3 }));
  await produceRecords({ bootstrap: source.bootstrap, topic }, records);
  await commitOffsets(source.bootstrap, billing, [
    { topic, partition: 0, offset: 4n },
    { topic, partition: 2, offset: 10n },
  ]);
  const elsewhere = uniqueName('elsewhere');
  await createTopic(source.bootstrap, elsewhere, { partitions: 1 });
  await commitOffsets(source.bootstrap, other, [{ topic: elsewhere, partition: 0, offset: 0n }]);

  const directory = await mkdtemp(join(tmpdir(), 'kplan-progress-'));
  const flow = { name: 'f', source: 'dc', target: 'msk', topics: { include: [topic] } };
  const clusters = { dc: { bootstrap: source.bootstrap }, msk: { bootstrap: target.bootstrap } };
  const flows = [{ ...flow, groups: { include: [billing, other] } }];
  const [asJson, asText] = [recordedIo(directory), recordedIo(directory)];
  try {
    await writeFile(
      join(directory, 'plan.yaml'),
      JSON.stringify({ version: 1, name: uniqueName('progress').slice(0, 60), clusters, flows }),
    );
    const options = { file: 'plan.yaml', detailedExitcode: false };
    assert.is(await plan({ ...options, format: 'json' }, asJson), 0, asJson.err());
    assert.is(await plan({ ...options, format: 'text' }, asText), 0, asText.err());
  } finally {
    await rm(directory, { recursive: true });
  }
  const document: ExecutionPlan = JSON.parse(asJson.out());
  assert.equal(document.migration.flows[0]?.groupProgress, [
    { group: billing, lagRecords: '6', partitionsCommitted: 2, partitionsUncommitted: 1 },
    { group: other, lagRecords: '0', partitionsCommitted: 0, partitionsUncommitted: 0 },
  ]);
  assert.not(JSON.stringify(document.changes).includes('lagRecords'), 'being behind is no change');
  assert.match(asText.out(), `${billing}: up to 6 records left to read, no commit in 1 partition`);
  assert.match(asText.out(), `${other}: no commit yet`);
  assert.ok(document.diagnostics.some((one) => one.code === 'KP2731'));
});

test.run();
