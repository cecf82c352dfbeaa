import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, produceRecords, type RecordToProduce, readAll, uniqueName } from '../fixtures/records.ts';

const { source, target } = await sharedClusters();
const bootstrap = { source: source.bootstrap, target: target.bootstrap };

const topicConfig = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'max.compaction.lag.ms': '100' };
/** Segments that roll at once, so that the cleaner gets at all but the newest records. */
const cleanedConfig = { ...topicConfig, 'segment.ms': '100', 'min.compaction.lag.ms': '0' };
/** Nothing is cleaned within a test. */
const keptConfig = { ...topicConfig, 'max.compaction.lag.ms': '3600000', 'min.compaction.lag.ms': '3600000' };
const cleanTimeoutMs = 30_000;
const keys = 10;
const writes = 200;

/** Few keys that are written again and again, and now and then one that is written once: the gaps stand before those. */
function updates(count: number): RecordToProduce[] {
  return Array.from({ length: count }, (_, n) => ({
    key: Buffer.from(n % 13 === 12 ? `only ${n}` : `key ${n % keys}`),
    value: n % 17 === 0 ? null : Buffer.from(`value ${n}`),
  }));
}

function isOnly(key: Buffer | null): boolean {
  return key?.toString().startsWith('only') ?? false;
}

/** Writes records of one other key, which roll segments, until at most so many of the updates are left. */
async function untilCleaned(topic: string): Promise<void> {
  await eventually('the cleaner takes old records', cleanTimeoutMs, async () => {
    await produceRecords({ bootstrap: bootstrap.source, topic }, [
      { key: Buffer.from('roll'), value: Buffer.from('x') },
    ]);
    const left = await readAll({ bootstrap: bootstrap.source, topic });
    return left.filter((one) => one.key?.toString() !== 'roll').length <= writes / 2;
  });
}

test('a source full of compaction gaps: equal, and a group in a gap continues at its next record', async () => {
  const topic = uniqueName('compacted');
  await createTopic(bootstrap.source, topic, { config: cleanedConfig });
  await createTopic(bootstrap.target, topic, { config: keptConfig });
  await produceRecords({ bootstrap: bootstrap.source, topic, recordsPerBatch: 20 }, updates(writes));
  await untilCleaned(topic);
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 1 }]);
  try {
    await mirrored.mirror();
    const [compared] = (await mirrored.verify(true)).partitions;
    assert.ok(compared?.equal, `${compared?.firstDifference?.kind} ${compared?.firstDifference?.sourceOffset}`);
    assert.ok((compared?.records ?? 0n) > 0n);

    const left = await readAll({ bootstrap: bootstrap.source, topic });
    const next = left.find((one, n) => n > 0 && isOnly(one.key) && one.offset > (left[n - 1]?.offset ?? 0n) + 2n);
    assert.ok(next, 'the log has a gap');
    const group = uniqueName('group');
    await commitOffsets(bootstrap.source, group, [{ topic, partition: 0, offset: next.offset - 1n }]);
    const [synced] = await mirrored.sync([group]);
    assert.is(synced?.outcome, 'written', JSON.stringify(synced?.diagnostics));
    const [committed] = (await mirrored.target.groups.committedOffsets([group])).get(group) ?? [];
    assert.ok(committed);
    const [first] = await readAll({ bootstrap: bootstrap.target, topic, partition: 0, from: committed.offset });
    assert.is(first?.offset, committed.offset);
    assert.is(first?.value?.toString(), next.value?.toString());
    assert.is(first?.key?.toString(), next.key?.toString());
  } finally {
    await mirrored.close();
  }
});

test("what the target's cleaner took, and then the source's too, is no difference", async () => {
  const topic = uniqueName('cleaned');
  await createTopic(bootstrap.source, topic, { config: keptConfig });
  await createTopic(bootstrap.target, topic, { config: cleanedConfig });
  const settings = { bootstrap: bootstrap.source, topic, recordsPerBatch: 20 };
  await produceRecords(settings, updates(writes));
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 1 }]);
  try {
    await mirrored.mirror();
    await eventually('the target is cleaned', cleanTimeoutMs, async () => {
      await produceRecords(settings, [{ key: Buffer.from('roll'), value: Buffer.from('x') }]);
      await mirrored.mirror();
      return (await readAll({ bootstrap: bootstrap.target, topic })).length <= writes / 2;
    });
    const [compared] = (await mirrored.verify(true)).partitions;
    assert.ok(compared?.equal, `${compared?.firstDifference?.kind} ${compared?.firstDifference?.sourceOffset}`);
    assert.ok((compared?.cleaned ?? 0n) >= BigInt(writes / 2));
    assert.is(compared?.sourceDigest, compared?.targetDigest);
    const [strict] = (await mirrored.verify(false)).partitions;
    assert.is(strict?.firstDifference?.kind, 'missing', 'without compaction the same is a loss');
  } finally {
    await mirrored.close();
  }
});

test('a source that is cleaned after it was mirrored is no difference', async () => {
  const topic = uniqueName('later');
  await createTopic(bootstrap.source, topic, { config: cleanedConfig });
  await createTopic(bootstrap.target, topic, { config: keptConfig });
  const settings = { bootstrap: bootstrap.source, topic, recordsPerBatch: 20 };
  await produceRecords(settings, updates(writes));
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 1 }]);
  try {
    await mirrored.mirror();
    await untilCleaned(topic);
    const [compared] = (await mirrored.verify(true)).partitions;
    assert.ok(compared?.equal, `${compared?.firstDifference?.kind} ${compared?.firstDifference?.sourceOffset}`);
    assert.is(compared?.sourceDigest, compared?.targetDigest);
    const atTarget = (await readAll({ bootstrap: bootstrap.target, topic })).length;
    assert.is((compared?.records ?? 0n) + (compared?.cleaned ?? 0n), BigInt(atTarget));
  } finally {
    await mirrored.close();
  }
});

test.run();
