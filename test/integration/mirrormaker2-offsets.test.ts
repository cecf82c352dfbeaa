import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OffsetsOptions } from '../../src/cli/arguments/offsets.ts';
import { offsets } from '../../src/cli/commands/offsets.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import type { Io } from '../../src/cli/io.ts';
import type { OffsetsDocument } from '../../src/cli/views/offsets-document.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { writeMirroredPlan } from '../fixtures/mirrored-plan.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { readByKafka } from '../fixtures/mirrormaker2/read-offsets.ts';
import { createTopic, endOffsets, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

const clusters = await sharedClusters();
const bootstrap = { source: clusters.source.bootstrap, target: clusters.target.bootstrap };
const folder = await mkdtemp(join(tmpdir(), 'kplan-mirrormaker2-'));
/** As MirrorMaker's DefaultReplicationPolicy would name it. */
const sourceAlias = uniqueName('dc');
const targetAlias = uniqueName('msk');
const topic = uniqueName('orders');
const targetTopic = `${sourceAlias}.${topic}`;
const prefix = uniqueName('billing');
const names = (positions: readonly number[]) => positions.map((at) => `${prefix}-${at}`);
const places = [0, 7, 11, 20, 31, 42, 43];
const checkpoints = `${sourceAlias}.checkpoints.internal`;
/** Of a transaction that is to be pending until the test ends it. */
const pendingMsMax = 600_000;
const offsetSyncs = `mm2-offset-syncs.${targetAlias}.internal`;
const mirrored = await (async () => {
  await createTopic(bootstrap.source, topic, { partitions: 2 });
  await createTopic(bootstrap.target, targetTopic, { partitions: 2 });
  return mirroredTopics(bootstrap, [{ source: topic, target: targetTopic, partitions: 2 }]);
})();

/** 10 records, 10 in a committed transaction, 10 in an aborted one, 10 committed: offsets 0 to 42 with three markers. */
async function writeTransactions(): Promise<void> {
  const records = (word: string) => Array.from({ length: 10 }, (_, n) => ({ value: Buffer.from(`${word} ${n}`) }));
  const settings = { bootstrap: bootstrap.source, topic, recordsPerBatch: 4 };
  const transactionalId = uniqueName('app');
  await produceRecords(settings, records('plain'));
  for (const outcome of ['commit', 'abort', 'commit'] as const) {
    await produceRecords({ ...settings, transaction: { transactionalId, outcome } }, records(outcome));
  }
}

test.before(async () => {
  await writeTransactions();
  await mirrored.mirror();
  for (const at of places) {
    const commit = { topic, partition: 0, offset: BigInt(at), metadata: `at ${at}` };
    await commitOffsets(bootstrap.source, `${prefix}-${at}`, [commit, { topic, partition: 1, offset: 0n }]);
  }
  const { migration } = mirrored;
  const pairs = [{ source: topic, target: targetTopic }];
  await writeMirroredPlan(join(folder, 'plan.yaml'), { migration, bootstrap, pairs, groups: [`${prefix}-*`] });
});
test.after(async () => {
  await mirrored.close();
  await rm(folder, { recursive: true, force: true });
});

const write = { format: 'mirrormaker2', autoApprove: true, sourceAlias, targetAlias, offsetSyncs: 'source' } as const;

async function run(options: Partial<OffsetsOptions> = {}, io: Partial<Io> = {}) {
  const recorded = recordedIo(folder, io);
  const whole = {
    file: 'plan.yaml',
    asked: { by: 'all-groups' },
    direction: 'to-target',
    write,
    format: 'json',
  } as const;
  const code = await offsets({ ...whole, ...options }, recorded);
  return { code, out: recorded.out(), err: recorded.err() };
}

function documentOf(out: string): OffsetsDocument {
  return JSON.parse(out);
}

const read = (policy: 'DefaultReplicationPolicy' | 'IdentityReplicationPolicy', groups: readonly string[]) =>
  readByKafka({ ...bootstrap, sourceAlias, offsetSyncsTopic: offsetSyncs, policy, groups });

async function topicsOf(servers: readonly string[]): Promise<readonly string[]> {
  const admin = new Kafka({ brokers: [...servers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

test('nothing is written without approval: it is shown, and exit 1', async () => {
  const { code, out } = await run({ write: { ...write, autoApprove: false } });
  assert.is(code, exitCodes.error);
  const { writes = [], diagnostics } = documentOf(out);
  assert.equal(
    writes.map((one) => [one.topic, one.create, one.records, one.written]),
    [
      [checkpoints, true, `${places.length * 2}`, false],
      [offsetSyncs, true, '1', false],
    ],
  );
  assert.is(diagnostics[0]?.code, 'KP6044');
  const asked: string[] = [];
  const confirm = async (question: string) => {
    asked.push(question);
    return false;
  };
  const declined = await run(
    { write: { ...write, autoApprove: false }, format: 'text' },
    { interactive: true, confirm },
  );
  assert.is(declined.code, exitCodes.error);
  assert.equal(asked, ['Write this?']);
  assert.match(declined.out, new RegExp(`checkpoints +target +${checkpoints} \\(is made\\) +14 +0`, 'u'));
  assert.match(declined.err, 'KP6044');
  assert.not.ok((await topicsOf(bootstrap.target)).includes(checkpoints));
  assert.not.ok((await topicsOf(bootstrap.source)).includes(offsetSyncs));
});

test("RemoteClusterUtils of Kafka's own jar answers exactly as kplan does, under both policies", async () => {
  const { code, out } = await run();
  assert.is(code, exitCodes.done, out);
  const { partitions, writes } = documentOf(out);
  assert.ok(writes?.every((one) => one.written));
  const ours = partitions
    .map((one) => [one.group, one.target?.topic, one.target?.partition, one.target?.offset].join(' '))
    .sort();
  assert.is(ours.length, places.length * 2);
  for (const policy of ['DefaultReplicationPolicy', 'IdentityReplicationPolicy'] as const) {
    const theirs = await read(policy, names(places));
    assert.ok(theirs.topics.includes(checkpoints));
    assert.equal(
      theirs.translated.map((one) => [one.group, one.topic, one.partition, one.offset].join(' ')).sort(),
      ours,
      policy,
    );
    for (const at of places) {
      const found = theirs.translated.find((one) => one.group === `${prefix}-${at}` && one.partition === 0);
      assert.is(found?.other, `at ${at}`, 'the metadata of the commit');
    }
    assert.equal(
      theirs.checkpoints
        .filter((one) => one.partition === 0)
        .map((one) => Number(one.offset))
        .sort((a, b) => a - b),
      places,
      'the upstream offsets',
    );
  }
});

test('each of these offsets is where the next record is, and the sync is a record that stands on both sides', async () => {
  const { translated, checkpoints: pairs, syncs } = await read('IdentityReplicationPolicy', names(places));
  const source = await readAll({ bootstrap: bootstrap.source, topic, partition: 0 });
  const target = await readAll({ bootstrap: bootstrap.target, topic: targetTopic, partition: 0 });
  const end = (await endOffsets({ bootstrap: bootstrap.target, topic: targetTopic })).get(0);
  for (const { group, offset } of translated.filter((one) => one.partition === 0)) {
    const upstream = pairs.find((one) => one.group === group && one.partition === 0)?.offset ?? -1n;
    const wanted = source.find((one) => one.offset >= upstream)?.value?.toString();
    assert.is(target.find((one) => one.offset >= offset)?.value?.toString(), wanted, `${upstream} -> ${offset}`);
    if (wanted === undefined) assert.is(offset, end, 'lag 0');
  }
  const [sync] = syncs;
  assert.is(syncs.length, 1, 'the empty partition has none');
  const [one, other] = [source.at(-1), target.at(-1)];
  assert.equal([sync?.topic, sync?.partition, sync?.offset, sync?.other], [topic, 0, one?.offset, `${other?.offset}`]);
});

test('running it again writes only what changed, under the same keys', async () => {
  const ends = await endOffsets({ bootstrap: bootstrap.target, topic: checkpoints });
  const again = await run();
  assert.is(again.code, exitCodes.done);
  assert.equal(
    documentOf(again.out).writes?.map((one) => [one.create, one.records, one.unchanged, one.written]),
    [
      [false, '0', `${places.length * 2}`, false],
      [false, '0', '1', false],
    ],
  );
  assert.equal(await endOffsets({ bootstrap: bootstrap.target, topic: checkpoints }), ends);
  const text = await run({ format: 'text' });
  assert.match(text.out, 'Nothing to write: all of it stands there already.');

  const moved = `${prefix}-7`;
  await commitOffsets(bootstrap.source, moved, [{ topic, partition: 0, offset: 25n, metadata: 'moved' }]);
  await produceRecords({ bootstrap: bootstrap.source, topic }, [{ value: Buffer.from('later') }]);
  await mirrored.mirror();
  const changed = documentOf((await run({ asked: { by: 'group', group: moved } })).out);
  assert.equal(
    changed.writes?.map((one) => [one.kind, one.records, one.written]),
    [
      ['checkpoints', '1', true],
      ['offset-syncs', '1', true],
    ],
  );
  const { translated } = await read('DefaultReplicationPolicy', [moved]);
  const found = translated.find((one) => one.partition === 0);
  const ours = changed.partitions.find((one) => one.source?.partition === 0);
  assert.equal([`${found?.offset}`, found?.other], [ours?.target?.offset, 'moved']);
  const target = await readAll({
    bootstrap: bootstrap.target,
    topic: targetTopic,
    partition: 0,
    from: found?.offset ?? 0n,
  });
  assert.is(target[0]?.value?.toString(), 'commit 0', 'the first one behind the aborted records');
});

test('of a group that can not be read nothing is written, and exit 1; of all others it is', async () => {
  const { log } = mirrored.source;
  const alias = uniqueName('pending');
  const pending = `${prefix}-11`;
  const producer = await log.initProducer(uniqueName('app'), pendingMsMax);
  await log.commitGroupOffsets(producer, pending, [{ topic, partition: 0, offset: 40n, metadata: null }]);
  const { code, out } = await run({ write: { ...write, sourceAlias: alias, offsetSyncs: 'none' } });
  await log.endTransaction(producer, 'abort');
  assert.is(code, exitCodes.error);
  const { writes = [], diagnostics } = documentOf(out);
  assert.equal(
    diagnostics.map((one) => one.code),
    ['KP6049'],
  );
  assert.equal(
    writes.map((one) => [one.records, one.written]),
    [[`${places.length * 2 - 2}`, true]],
  );
  const written = await readAll({ bootstrap: bootstrap.target, topic: `${alias}.checkpoints.internal` });
  assert.is(written.length, places.length * 2 - 2);
  assert.not.ok(written.some((one) => one.key?.toString('latin1').includes(pending)));
});

test('a topic that deletes old records is no place for checkpoints', async () => {
  const alias = uniqueName('other');
  await createTopic(bootstrap.target, `${alias}.checkpoints.internal`);
  const { code, out } = await run({ write: { ...write, sourceAlias: alias, offsetSyncs: 'none' } });
  assert.is(code, exitCodes.error);
  assert.is(documentOf(out).diagnostics[0]?.code, 'KP6047');
  assert.equal((await endOffsets({ bootstrap: bootstrap.target, topic: `${alias}.checkpoints.internal` })).get(0), 0n);
});

test('what somebody else wrote between the look and the write is not written over', async () => {
  const alias = uniqueName('raced');
  const raced = `${alias}.checkpoints.internal`;
  await createTopic(bootstrap.target, raced, { config: { 'cleanup.policy': 'compact' } });
  const group = `${prefix}-7`;
  const key = Buffer.concat([
    Buffer.from([0, group.length]),
    Buffer.from(group),
    Buffer.from([0, targetTopic.length]),
    Buffer.from(targetTopic),
    Buffer.alloc(4),
  ]);
  const confirm = async () => {
    await produceRecords({ bootstrap: bootstrap.target, topic: raced }, [{ key, value: Buffer.from('other') }]);
    return true;
  };
  const options = {
    write: { ...write, autoApprove: false, sourceAlias: alias, offsetSyncs: 'none' },
    format: 'text',
  } as const;
  const { code, err } = await run(options, { interactive: true, confirm });
  assert.is(code, exitCodes.error);
  assert.match(err, 'KP6046');
  const left = await readAll({ bootstrap: bootstrap.target, topic: raced });
  assert.equal(
    left.map((one) => one.value?.toString()),
    ['other'],
  );
});

test.run();
