import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { VerifyOptions } from '../../src/cli/arguments/verify.ts';
import { offsets } from '../../src/cli/commands/offsets.ts';
import { verify } from '../../src/cli/commands/verify.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { positionsTopic } from '../../src/state/keys.ts';
import { encodePosition, positionKey, positionOwner } from '../../src/state/position-codec.ts';
import { type PositionRecord, positionRecordVersion } from '../../src/state/records.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { type MirroredTopics, mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, endOffsets, produceRecords, type RecordToProduce, uniqueName } from '../fixtures/records.ts';

const clusters = await sharedClusters();
const bootstrap = { source: clusters.source.bootstrap, target: clusters.target.bootstrap };
const folder = await mkdtemp(join(tmpdir(), 'kplan-verify-'));
const sourceTopic = uniqueName('orders');
const targetTopic = uniqueName('renamed');
const group = uniqueName('billing');
const file = 'plan.yaml';
const nowMs = BigInt(Date.now());

test.before(async () => {
  await createTopic(bootstrap.source, sourceTopic, { partitions: 2 });
  await createTopic(bootstrap.target, targetTopic, { partitions: 2 });
  const records = Array.from({ length: 40 }, (_, n) => ({ partition: n % 2, value: Buffer.from(`value ${n}`) }));
  await produceRecords({ bootstrap: bootstrap.source, topic: sourceTopic, recordsPerBatch: 5 }, records);
  await commitOffsets(bootstrap.source, group, [
    { topic: sourceTopic, partition: 0, offset: 7n },
    { topic: sourceTopic, partition: 1, offset: 20n },
  ]);
  const mirrored = await mirroredTopics(bootstrap, [{ source: sourceTopic, target: targetTopic, partitions: 2 }]);
  await mirrored.mirror();
  await mirrored.close();
  await writePlan(file, mirrored, sourceTopic, targetTopic);
});
test.after(() => rm(folder, { recursive: true, force: true }));

async function writePlan(path: string, mirrored: MirroredTopics, source: string, target: string): Promise<void> {
  const plan = {
    version: 1,
    name: mirrored.migration,
    clusters: { source: { bootstrap: bootstrap.source }, target: { bootstrap: bootstrap.target } },
    defaults: { replicationFactor: 1 },
    flows: [
      {
        name: mirrored.flow.name,
        source: 'source',
        target: 'target',
        topics: { include: [source] },
        mappings: [{ source, target }],
      },
    ],
  };
  await writeFile(join(folder, path), JSON.stringify(plan));
}

test('offsets of a group: JSON by the contract, and a table', async () => {
  const json = recordedIo(folder);
  assert.is(
    await offsets({ file, asked: { by: 'group', group }, direction: 'to-target', format: 'json' }, json),
    exitCodes.done,
    json.out(),
  );
  const document = JSON.parse(json.out());
  const place = (topic: string, partition: number, offset: string) => ({ topic, partition, offset });
  const [first, second] = document.partitions;
  assert.equal(first.source, place(sourceTopic, 0, '7'));
  assert.equal(first.target, place(targetTopic, 0, '7'));
  assert.equal([first.result, first.rereadRecords, document.group], ['translated', '0', group]);
  assert.equal(second.source, place(sourceTopic, 1, '20'));
  const end = (await endOffsets({ bootstrap: bootstrap.target, topic: targetTopic })).get(1) ?? 0n;
  assert.ok(end > 20n, 'commit markers have offsets');
  assert.is(second.target.offset, `${end}`, 'behind the commit marker: lag 0');
  const text = recordedIo(folder);
  await offsets({ file, asked: { by: 'group', group }, direction: 'to-target', format: 'text' }, text);
  assert.match(text.out(), /flow +source +offset +target +offset +result/u);
});

test('offsets of one place; one that no flow mirrors is an error that says so', async () => {
  const io = recordedIo(folder);
  const place = { by: 'place', topic: sourceTopic, partition: 1, offset: 99n } as const;
  const options = { file, direction: 'to-target', format: 'json' } as const;
  assert.is(await offsets({ ...options, asked: place }, io), exitCodes.done);
  assert.is(JSON.parse(io.out()).partitions[0].result, 'above-end');
  const other = recordedIo(folder);
  assert.is(await offsets({ ...options, asked: { ...place, partition: 2, offset: 0n } }, other), exitCodes.error);
  const [found] = JSON.parse(other.out()).diagnostics;
  assert.is(found.code, 'KP6010');
  assert.match(found.detail, `mirrors partitions 0 to 1 of ${sourceTopic}`);
});

test('verify: exit 0 where all is equal, JSON and text', async () => {
  const io = recordedIo(folder);
  assert.is(await verify({ file, format: 'json' }, io), exitCodes.done, io.out());
  const document = JSON.parse(io.out());
  assert.ok(document.equal);
  assert.equal(
    document.partitions.map((one: { records: string }) => one.records),
    ['20', '20'],
  );
  const text = recordedIo(folder);
  assert.is(await verify({ file, format: 'text' }, text), exitCodes.done);
  assert.match(text.out(), '2 partitions, 40 records compared: equal.');
});

test('verify of a part: what was compared and what was not is said, and a seed gives the same sample again', async () => {
  const sample = recordedIo(folder);
  const half = { kind: 'sample', share: 0.5, seed: 7 } as const;
  assert.is(await verify({ file, scope: half, format: 'json' }, sample), exitCodes.done, sample.out());
  assert.equal(JSON.parse(sample.out()).run.scope, half);
  const tail = recordedIo(folder);
  assert.is(await verify({ file, scope: { kind: 'tail', offsets: 6n }, format: 'text' }, tail), exitCodes.done);
  assert.match(
    tail.out(),
    'Compared was only the newest 6 offsets of each partition: 28 offsets of the source were not.',
  );
  const since = recordedIo(folder);
  const timestampMs = Date.now() + 3_600_000;
  assert.is(await verify({ file, scope: { kind: 'since', timestampMs }, format: 'json' }, since), exitCodes.done);
  const { partitions } = JSON.parse(since.out());
  assert.equal(
    partitions.map((one: { records: string; leftOutOffsets: string }) => [one.records, one.leftOutOffsets]),
    [
      ['0', '20'],
      ['0', '20'],
    ],
  );
});

test('verify as Markdown: a report with offsets, digests and the result; narrowed to what is named', async () => {
  const io = recordedIo(folder);
  assert.is(await verify({ file, topics: `${sourceTopic}*`, format: 'markdown' }, io), exitCodes.done, io.err());
  assert.match(io.out(), '**40 records of 2 partitions compared: equal.**');
  assert.match(io.out(), `| \`flow\` | \`${sourceTopic}:0\` | 0 to 20 | \`${targetTopic}:0\` | 0 to `);
  const none = recordedIo(folder);
  assert.is(await verify({ file, flow: 'another', format: 'json' }, none), exitCodes.error);
  assert.is(JSON.parse(none.out()).diagnostics[0].code, 'KP6061');
});

/** A plan file of a flow whose target holds these records, under a position as a mirror that moved no offset writes it. */
async function writeCopiedByHand(path: string, records: readonly RecordToProduce[], copy: readonly RecordToProduce[]) {
  const topic = uniqueName('tampered');
  for (const servers of Object.values(bootstrap)) await createTopic(servers, topic);
  await produceRecords({ bootstrap: bootstrap.source, topic, recordsPerBatch: 500 }, records);
  await produceRecords({ bootstrap: bootstrap.target, topic, recordsPerBatch: 400 }, copy);
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 1 }]);
  const end = BigInt(records.length);
  const record: PositionRecord = {
    v: positionRecordVersion,
    flow: mirrored.flow.name,
    source: { topic, partition: 0 },
    target: { topic, partition: 0 },
    nextSource: end,
    nextTarget: end,
    startSource: 0n,
    segments: [{ source: 0n, target: 0n, length: end }],
  };
  const key = Buffer.from(positionKey(positionOwner(record)));
  const value = Buffer.from(encodePosition(record));
  const positions = { bootstrap: bootstrap.target, topic: positionsTopic(mirrored.migration) };
  await produceRecords(positions, [{ key, value }]);
  await writePlan(path, mirrored, topic, topic);
  await mirrored.close();
}

test('verify of a part finds a difference in what it compares, and none in what it leaves out', async () => {
  const count = 10_000;
  const changed = 6_500;
  const firstMs = Number(nowMs) - count;
  const records = Array.from({ length: count }, (_, n) => {
    return { value: Buffer.from(`value ${n}`), timestamp: BigInt(firstMs + n) };
  });
  const other = { value: Buffer.from('x'), timestamp: BigInt(firstMs + changed) };
  await writeCopiedByHand('parts.yaml', records, records.with(changed, other));
  const part = async (scope: NonNullable<VerifyOptions['scope']>) => {
    const io = recordedIo(folder);
    const code = await verify({ file: 'parts.yaml', scope, format: 'json' }, io);
    const [only] = JSON.parse(io.out()).partitions;
    return [code, Number(only.records), Number(only.leftOutOffsets), only.firstDifference?.sourceOffset];
  };
  const since = (n: number) => ({ kind: 'since', timestampMs: firstMs + n }) as const;
  const { different, done } = exitCodes;
  assert.equal(await part(since(5_000)), [different, 5_000, 5_000, String(changed)]);
  assert.equal(await part(since(changed)), [different, count - changed, changed, String(changed)]);
  assert.equal(await part(since(changed + 1)), [done, count - changed - 1, changed + 1, undefined]);
  const tail = (offsets: number) => ({ kind: 'tail', offsets: BigInt(offsets) }) as const;
  assert.equal(await part(tail(count - changed)), [different, count - changed, changed, String(changed)]);
  assert.equal(await part(tail(count - changed - 1)), [done, count - changed - 1, changed + 1, undefined]);

  const samples = new Map<number, Awaited<ReturnType<typeof part>>>();
  for (let seed = 1; samples.size < 2 && seed <= 40; seed += 1) {
    const half = { kind: 'sample', share: 0.5, seed } as const;
    const found = await part(half);
    const isFound = found[0] === different;
    assert.equal(found, [isFound ? different : done, count / 2, count / 2, isFound ? String(changed) : undefined]);
    assert.equal(await part(half), found, 'a seed gives the same sample again');
    samples.set(Number(found[0]), found);
  }
  assert.equal([...samples.keys()].sort(), [done, different], 'some samples hold it and others do not');
});

test('verify of a target with a changed record: exit 5, and where', async () => {
  const records = Array.from({ length: 10 }, (_, n) => ({ value: Buffer.from(`value ${n}`), timestamp: nowMs }));
  await writeCopiedByHand('tampered.yaml', records, records.with(4, { value: Buffer.from('x'), timestamp: nowMs }));
  const io = recordedIo(folder);
  assert.is(await verify({ file: 'tampered.yaml', format: 'json' }, io), exitCodes.different, io.out());
  const document = JSON.parse(io.out());
  assert.equal(document.partitions[0].firstDifference, {
    kind: 'changed',
    sourceOffset: '4',
    targetOffset: '4',
    parts: ['value'],
  });
  assert.is(document.diagnostics[0].code, 'KP6001');
});

test('verify and offsets of a plan file with a mistake: the finding, exit 1, one document', async () => {
  await writeFile(join(folder, 'broken.yaml'), 'version: 1\nname: broken\nclusterz: {}\n');
  for (const run of [
    (io: ReturnType<typeof recordedIo>) => verify({ file: 'broken.yaml', format: 'json' }, io),
    (io: ReturnType<typeof recordedIo>) =>
      offsets({ file: 'broken.yaml', asked: { by: 'group', group: 'g' }, direction: 'to-target', format: 'json' }, io),
  ]) {
    const io = recordedIo(folder);
    assert.is(await run(io), exitCodes.error);
    assert.ok(JSON.parse(io.out()).diagnostics.length > 0);
    assert.is(io.err(), '');
  }
});

test.run();
