import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import type { OffsetsOptions } from '../../src/cli/arguments/offsets.ts';
import { offsets } from '../../src/cli/commands/offsets.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import type { OffsetsDocument } from '../../src/cli/views/offsets-document.ts';
import { offsetLinesLimits } from '../../src/offsets/read-offset-lines.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { endOffsets, produceRecords, readAll, type TopicRecord, uniqueName } from '../fixtures/records.ts';
import { bootstrap, compacted, firstMs, folder, groups, numbered, prepareOffsets, trimmed } from './offsets-world.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
/** Of a transaction that is to be pending until the test ends it. */
const pendingMsMax = 600_000;

test.before(prepareOffsets);
test.after(() => rm(folder, { recursive: true, force: true }));

type Asked = Pick<OffsetsOptions, 'asked'> & Partial<OffsetsOptions>;

/** The command within this process, as JSON. */
async function ask(options: Asked, stdin = ''): Promise<{ readonly code: number; readonly document: OffsetsDocument }> {
  const io = recordedIo(folder);
  const whole = { file: 'plan.yaml', direction: 'to-target', format: 'json', ...options } as const;
  const code = await offsets(whole, io, async () => Buffer.from(stdin));
  return { code, document: JSON.parse(io.out()) };
}

/** The records that a reader sees on both sides, by a client of its own. */
async function bothSides() {
  const [ofSource, ofTarget] = await Promise.all([
    readAll({ bootstrap: bootstrap.source, topic: compacted.source }),
    readAll({ bootstrap: bootstrap.target, topic: compacted.target }),
  ]);
  const ends = {
    source: (await endOffsets({ bootstrap: bootstrap.source, topic: compacted.source })).get(0) ?? 0n,
    target: (await endOffsets({ bootstrap: bootstrap.target, topic: compacted.target })).get(0) ?? 0n,
  };
  return { source: ofSource, target: ofTarget, ends };
}

/** The first record at or above the offset. */
function next(records: readonly TopicRecord[], offset: bigint): TopicRecord | undefined {
  return records.find((one) => one.offset >= offset);
}

function sameRecord(left: TopicRecord | undefined, right: TopicRecord | undefined): boolean {
  return left?.value?.toString() === right?.value?.toString() && left?.timestamp === right?.timestamp;
}

function upTo(end: bigint): bigint[] {
  return Array.from({ length: Number(end) + 1 }, (_, offset) => BigInt(offset));
}

test('every offset of a log with transactions and compaction, from standard input: a line each, in the order given', async () => {
  const { ends, ...records } = await bothSides();
  const gaps = records.source.filter((one, n) => one.offset > (records.source[n - 1]?.offset ?? -1n) + 1n);
  assert.ok(gaps.length > 5, 'the cleaner and the transactions left gaps');
  const asked = upTo(ends.source).reverse();
  const input = ['topic,partition,offset', ...asked.map((offset) => `${compacted.source},0,${offset}`)].join('\n');
  const { stdout, exitCode } = await execa(process.execPath, [main, 'offsets', 'plan.yaml', '--csv', '-'], {
    cwd: folder,
    input,
  });
  assert.is(exitCode, exitCodes.done);
  const [header, ...lines] = stdout.split('\n');
  assert.match(header ?? '', /^flow,group,source_topic,source_partition,source_offset,target_topic,/u);
  assert.is(lines.length, asked.length);
  for (const [at, line] of lines.entries()) {
    const [flow, , topic, , offset, targetTopic, , found, result, reread, number] = line.split(',');
    const wanted = asked[at] ?? -1n;
    assert.equal([flow, topic, offset, number], ['flow', compacted.source, `${wanted}`, `${at + 2}`]);
    assert.equal([targetTopic, result, reread], [compacted.target, 'translated', '0'], line);
    const target = BigInt(found ?? -1);
    const nextRecord = next(records.source, wanted);
    assert.ok(sameRecord(next(records.target, target), nextRecord), line);
    if (nextRecord === undefined) assert.is(target, ends.target, 'lag 0');
    else assert.not.ok(sameRecord(next(records.target, target + 1n), nextRecord), `the largest: ${line}`);
  }
});

test('as many lines as are allowed, each answered in its place', async () => {
  const { ends } = await bothSides();
  const offsetOf = (line: number) => BigInt(line) % (ends.source + 1n);
  const lines = Array.from(
    { length: offsetLinesLimits.linesMax },
    (_, at) => `${compacted.source},0,${offsetOf(at)}\n`,
  );
  const { code, document } = await ask({ asked: { by: 'csv', csv: '-' } }, lines.join(''));
  assert.is(code, exitCodes.done);
  assert.is(document.partitions.length, offsetLinesLimits.linesMax);
  assert.ok(document.partitions.every((one, at) => one.line === at + 1 && one.source?.offset === `${offsetOf(at)}`));
  assert.ok(document.partitions.every((one) => one.result === 'translated'));
});

test('every offset of the target back: the next record is the same one, and there and back is the same place', async () => {
  const { ends, ...records } = await bothSides();
  const lines = upTo(ends.target).map((offset) => `${compacted.target},0,${offset}\n`);
  const { code, document } = await ask({ asked: { by: 'csv', csv: '-' }, direction: 'to-source' }, lines.join(''));
  assert.is(code, exitCodes.done);
  assert.is(document.partitions.length, lines.length);
  for (const { source: found, target: given, result, line } of document.partitions) {
    assert.is(result, 'translated');
    assert.equal([given?.offset, found?.topic], [`${(line ?? 0) - 1}`, compacted.source]);
    const back = BigInt(found?.offset ?? -1);
    const nextRecord = next(records.target, BigInt(given?.offset ?? -1));
    assert.ok(sameRecord(next(records.source, back), nextRecord), `${given?.offset} -> ${back}`);
  }
  const again = document.partitions.map((one) => `${one.source?.topic},0,${one.source?.offset}\n`);
  const there = (await ask({ asked: { by: 'csv', csv: '-' } }, again.join(''))).document.partitions;
  for (const [at, one] of there.entries()) {
    const given = BigInt(document.partitions[at]?.target?.offset ?? -1);
    assert.ok(sameRecord(next(records.target, BigInt(one.target?.offset ?? -1)), next(records.target, given)));
  }
});

test('groups: one, and all that the flow brings along, where each of them continues', async () => {
  const records = await bothSides();
  const { code, document } = await ask({ asked: { by: 'all-groups' } });
  assert.is(code, exitCodes.done);
  assert.equal(
    document.partitions.map((one) => [one.group, one.source?.offset]).sort(),
    groups.map(({ name, offset }) => [name, `${offset}`]).sort(),
  );
  for (const { source: given, target: found, group } of document.partitions) {
    const nextRecord = next(records.source, BigInt(given?.offset ?? -1));
    assert.ok(sameRecord(next(records.target, BigInt(found?.offset ?? -1)), nextRecord), group);
    const [one] = (await ask({ asked: { by: 'group', group: group ?? '' } })).document.partitions;
    assert.equal(one?.target, found);
  }
  const text = recordedIo(folder);
  await offsets({ file: 'plan.yaml', asked: { by: 'all-groups' }, direction: 'to-target', format: 'text' }, text);
  assert.match(text.out(), /^group +flow +source +offset +target +offset +result\n/u);
});

test('a group with a pending transaction is left out with its name, and all others are answered', async () => {
  const [first] = groups;
  assert.ok(first);
  const cluster = connectCluster(
    connectionSettings({ cluster: 'source', bootstrap: bootstrap.source, addressMap: new Map() }),
  );
  try {
    const producer = await cluster.log.initProducer(uniqueName('app'), pendingMsMax);
    const offset = { topic: compacted.source, partition: 0, offset: 99n, metadata: null };
    await cluster.log.commitGroupOffsets(producer, first.name, [offset]);
    const { code, document } = await ask({ asked: { by: 'all-groups' } });
    assert.is(code, exitCodes.error);
    assert.equal(
      document.partitions.map((one) => one.group).sort(),
      groups
        .slice(1)
        .map((one) => one.name)
        .sort(),
    );
    assert.equal(
      document.diagnostics.map((one) => [one.code, one.address]),
      [['KP6049', `group/flow/${first.name}`]],
    );
    const alone = await ask({ asked: { by: 'group', group: first.name } });
    assert.equal([alone.code, alone.document.diagnostics.map((one) => one.code)], [exitCodes.error, ['KP6049']]);
    await cluster.log.endTransaction(producer, 'abort');
    assert.is((await ask({ asked: { by: 'all-groups' } })).code, exitCodes.done);
  } finally {
    await cluster.close();
  }
});

test("a group's offsets on the target, back to the source", async () => {
  const records = await bothSides();
  const group = uniqueName('moved-group');
  const offset = records.target[7]?.offset ?? -1n;
  await commitOffsets(bootstrap.target, group, [{ topic: compacted.target, partition: 0, offset }]);
  const { document } = await ask({ asked: { by: 'group', group }, direction: 'to-source' });
  const [found] = document.partitions;
  assert.equal([found?.target?.offset, found?.result], [`${offset}`, 'translated']);
  assert.ok(sameRecord(next(records.source, BigInt(found?.source?.offset ?? -1)), records.target[7]));
});

test("a time: what Kafka's own tools say it is, on both sides; behind the last record the end", async () => {
  const { ends, ...records } = await bothSides();
  for (const second of [-10, 0, 1, 25, 59, 100, 118]) {
    const timestampMs = firstMs + BigInt(second) * 1000n - 500n;
    const at = { by: 'time', timestampMs } as const;
    const { code, document } = await ask({ asked: { ...at, topic: compacted.source } });
    assert.is(code, exitCodes.done);
    const [found] = document.partitions;
    const offset = BigInt(found?.source?.offset ?? -1);
    assert.is(offset, await offsetAt(bootstrap.source, compacted.source, timestampMs), `source at ${second}`);
    assert.ok(
      records.source.every((one) => one.offset >= offset || one.timestamp < timestampMs),
      'none is skipped',
    );
    const nextRecord = next(records.source, offset);
    assert.ok(sameRecord(next(records.target, BigInt(found?.target?.offset ?? -1)), nextRecord), `target at ${second}`);
    const back = await ask({ asked: { ...at, topic: compacted.target, partition: 0 }, direction: 'to-source' });
    const [given] = back.document.partitions;
    const atTarget = BigInt(given?.target?.offset ?? -1);
    assert.is(atTarget, await offsetAt(bootstrap.target, compacted.target, timestampMs), `target at ${second}`);
    const nextThere = next(records.target, atTarget);
    assert.ok(sameRecord(next(records.source, BigInt(given?.source?.offset ?? -1)), nextThere), `back at ${second}`);
  }
  const timestampMs = BigInt(Date.now()) + 3_600_000n;
  const { document } = await ask({ asked: { by: 'time', timestampMs } });
  assert.is(document.timestamp, new Date(Number(timestampMs)).toISOString());
  assert.is(document.partitions.length, 3, 'every partition of every topic');
  const last = document.partitions.find((one) => one.source?.topic === compacted.source);
  assert.equal([last?.source?.offset, last?.target?.offset], [`${ends.source}`, `${ends.target}`]);
});

test('a time in a topic without transactions is the very first record that is not older', async () => {
  const timestampMs = firstMs + 7_000n;
  const { document } = await ask({ asked: { by: 'time', timestampMs, topic: trimmed.source, partition: 0 } });
  assert.equal(
    document.partitions.map((one) => [one.source?.offset, one.target?.offset]),
    [['7', '7']],
  );
});

/** As kafkajs asks for it. */
async function offsetAt(servers: readonly string[], topic: string, timestampMs: bigint): Promise<bigint> {
  const admin = new Kafka({ brokers: [...servers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchTopicOffsetsByTimestamp(topic, Number(timestampMs));
    return BigInt(found?.offset ?? -1);
  } finally {
    await admin.disconnect();
  }
}

test('what can not be translated has an answer that says so: below the start, above the end, not yet', async () => {
  const place = (offset: bigint) => ({ by: 'place', topic: trimmed.source, partition: 0, offset }) as const;
  const expected = [
    [4n, 'below-start', undefined],
    [5n, 'translated', undefined],
    [10n, 'translated', undefined],
    [11n, 'unknown', 'not-yet'],
    [12n, 'above-end', undefined],
  ] as const;
  for (const [offset, result, why] of expected) {
    const { code, document } = await ask({ asked: place(offset) });
    assert.is(code, exitCodes.done);
    assert.equal([document.partitions[0]?.result, document.partitions[0]?.why], [result, why], `${offset}`);
  }
  const back = await ask({
    asked: { by: 'place', topic: trimmed.target, partition: 0, offset: 99n },
    direction: 'to-source',
  });
  assert.equal([back.code, back.document.partitions[0]?.result], [exitCodes.done, 'above-end']);
  assert.is(back.document.partitions[0]?.source, null);
});

test('records that others wrote behind the mirrored ones are no end of the log, and have no place at the source', async () => {
  const topic = trimmed.target;
  const [end] = (await endOffsets({ bootstrap: bootstrap.target, topic })).values();
  const [first] = await produceRecords({ bootstrap: bootstrap.target, topic }, numbered(2, 'foreign'));
  assert.is(first?.offset, end);
  const at = async (offset: bigint) => {
    const asked = { by: 'place', topic, partition: 0, offset } as const;
    return (await ask({ asked, direction: 'to-source' })).document.partitions[0]?.result;
  };
  assert.is(await at((end ?? 0n) + 2n), 'unknown');
  assert.is(await at((end ?? 0n) + 3n), 'above-end');
});

test('wrong questions: exit 1 with what is wrong, and the other lines are answered', async () => {
  const mixed = `${compacted.source},0,3\nnowhere,0,1\n${trimmed.source},2,0\n${trimmed.source},1,0\n`;
  const lines = await ask({ asked: { by: 'csv', csv: '-' } }, mixed);
  assert.is(lines.code, exitCodes.error);
  assert.equal(
    lines.document.partitions.map((one) => [one.line, one.flow, one.result]),
    [
      [1, 'flow', 'translated'],
      [2, '', 'unknown'],
      [3, '', 'unknown'],
      [4, 'flow', 'translated'],
    ],
  );
  assert.equal(
    lines.document.diagnostics.map((one) => [one.code, one.line, one.file]),
    [
      ['KP6041', 2, 'standard input'],
      ['KP6041', 3, 'standard input'],
    ],
  );
  const broken = await ask({ asked: { by: 'csv', csv: '-' } }, `${compacted.source},0,abc\n`);
  assert.equal([broken.code, broken.document.partitions.length], [exitCodes.error, 0]);
  assert.equal([broken.document.diagnostics[0]?.code, broken.document.diagnostics[0]?.line], ['KP6040', 1]);
  const missing = await ask({ asked: { by: 'csv', csv: 'no-such.csv' } });
  assert.equal([missing.code, missing.document.diagnostics[0]?.code], [exitCodes.error, 'KP6040']);
  const beyond = await ask({ asked: { by: 'place', topic: trimmed.source, partition: 2, offset: 0n } });
  assert.match(beyond.document.diagnostics[0]?.detail ?? '', 'mirrors partitions 0 to 1');
  const noGroup = await ask({ asked: { by: 'group', group: 'nobody' } });
  assert.equal([noGroup.code, noGroup.document.diagnostics[0]?.code], [exitCodes.error, 'KP6010']);
  const noFlow = await ask({ asked: { by: 'all-groups' }, flow: 'other' });
  assert.equal([noFlow.code, noFlow.document.diagnostics[0]?.code], [exitCodes.error, 'KP6043']);
});

test('a topic that two flows mirror: both answer, a line of a CSV wants the flow named', async () => {
  const asked = { by: 'place', topic: compacted.source, partition: 0, offset: 3n } as const;
  const both = await ask({ asked, file: 'two-flows.yaml' });
  assert.equal(
    both.document.partitions.map((one) => [one.flow, one.result]),
    [
      ['flow', 'translated'],
      ['copy', 'unknown'],
    ],
  );
  const csv = { asked: { by: 'csv', csv: '-' }, file: 'two-flows.yaml' } as const;
  const line = `${compacted.source},0,3\n`;
  const unclear = await ask(csv, line);
  assert.equal([unclear.code, unclear.document.diagnostics[0]?.code], [exitCodes.error, 'KP6042']);
  const clear = await ask({ ...csv, flow: 'flow' }, line);
  assert.equal([clear.code, clear.document.partitions[0]?.result], [exitCodes.done, 'translated']);
});

test.run();
