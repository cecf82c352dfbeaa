import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { sharedClusters } from '../clusters/shared.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { writeMirroredPlan } from '../fixtures/mirrored-plan.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import {
  createTopic,
  endCleaning,
  produceRecords,
  type RecordToProduce,
  readAll,
  uniqueName,
} from '../fixtures/records.ts';

const { source, target } = await sharedClusters();
export const bootstrap = { source: source.bootstrap, target: target.bootstrap };
export const folder = await mkdtemp(join(tmpdir(), 'kplan-offsets-'));

/** Transactions, aborted ones too, few keys, and segments that the cleaner gets at. */
export const compacted = { source: uniqueName('events'), target: uniqueName('moved'), partitions: 1 };
/** Its first records are deleted, and its last one is not mirrored. */
export const trimmed = { source: uniqueName('orders'), target: uniqueName('orders'), partitions: 2 };
export const groupPrefix = uniqueName('billing');
export const groups = [0n, 17n, 40n, 100n].map((offset) => ({ name: `${groupPrefix}-${offset}`, offset }));
/** Records are a second apart. */
export const firstMs = BigInt(Date.now()) - 300_000n;
export const writes = 120;
const cleanTimeoutMs = 90_000;

/** Writes all of it, mirrors it, and leaves a plan file of one flow and one of two in the folder. */
export async function prepareOffsets(): Promise<void> {
  const cleaned = {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0',
    'max.compaction.lag.ms': '100',
    'segment.ms': '100',
  };
  await createTopic(bootstrap.source, compacted.source, { config: cleaned });
  await createTopic(bootstrap.target, compacted.target);
  for (const [side, topic] of [
    ['source', trimmed.source],
    ['target', trimmed.target],
  ] as const) {
    await createTopic(bootstrap[side], topic, { partitions: 2 });
  }
  await writeCompacted();
  await produceRecords({ bootstrap: bootstrap.source, topic: trimmed.source }, numbered(10, 'order'));
  const mirrored = await mirroredTopics(bootstrap, [compacted, trimmed]);
  await mirrored.mirror();
  await mirrored.close();
  await trim();
  for (const { name, offset } of groups) {
    await commitOffsets(bootstrap.source, name, [{ topic: compacted.source, partition: 0, offset }]);
  }
  const { migration } = mirrored;
  const plan = { migration, bootstrap, pairs: [compacted, trimmed], groups: [`${groupPrefix}-*`] };
  await writeMirroredPlan(join(folder, 'plan.yaml'), plan);
  await writeMirroredPlan(join(folder, 'two-flows.yaml'), { ...plan, flows: ['flow', 'copy'] });
}

/** Records a second apart, of few keys, and now and then one of its own. */
export function numbered(count: number, word: string, from = 0): RecordToProduce[] {
  return Array.from({ length: count }, (_, n) => ({
    key: Buffer.from((from + n) % 9 === 0 ? `only ${from + n}` : `key ${n % 5}`),
    value: Buffer.from(`${word} ${from + n}`),
    timestamp: firstMs + BigInt(from + n) * 1000n,
  }));
}

/** Committed and aborted transactions one after the other, and then as many other records as the cleaner needs. */
async function writeCompacted(): Promise<void> {
  const transactionalId = uniqueName('app');
  for (let from = 0; from < writes; from += 20) {
    const outcome = from % 40 === 20 ? 'abort' : 'commit';
    const transaction = { transactionalId, outcome } as const;
    const settings = { bootstrap: bootstrap.source, topic: compacted.source, recordsPerBatch: 7, transaction };
    await produceRecords(settings, numbered(20, outcome, from));
  }
  await eventually('the cleaner takes old records', cleanTimeoutMs, async () => {
    const value = Buffer.from(`roll ${Date.now()}`);
    const roll = { key: Buffer.from('roll'), value };
    await produceRecords({ bootstrap: bootstrap.source, topic: compacted.source }, [roll]);
    const left = await readAll({ bootstrap: bootstrap.source, topic: compacted.source });
    return left.filter((one) => !one.value?.toString().startsWith('roll')).length <= writes / 3;
  });
  await endCleaning(bootstrap.source, compacted.source);
}

/** Deletes the first five records of partition 0, and writes one that is not mirrored. */
async function trim(): Promise<void> {
  const admin = new Kafka({ brokers: [...bootstrap.source], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.fetchTopicOffsets(trimmed.source);
  await admin.deleteTopicRecords({ topic: trimmed.source, partitions: [{ partition: 0, offset: '5' }] });
  await eventually('the log start moves', 90_000, async () => {
    const found = await admin.fetchTopicOffsets(trimmed.source);
    return found.find((one) => one.partition === 0)?.low === '5';
  });
  await admin.disconnect();
  await produceRecords({ bootstrap: bootstrap.source, topic: trimmed.source }, numbered(1, 'late'));
}
