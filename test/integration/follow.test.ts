import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cluster, openCluster } from '../../runner/kafka/open.ts';
import { apply } from '../../src/cli/commands/apply.ts';
import { verify } from '../../src/cli/commands/verify.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { type KplanProcess, startKplan } from '../fixtures/apply/run-kplan.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';
import { testsAtOnce } from '../fixtures/tests-at-once.ts';

const waitMs = 90_000;

async function world(discover: 'mirror' | 'report') {
  const { source, target } = await sharedClusters();
  const name = uniqueName('follow');
  const directory = await mkdtemp(join(tmpdir(), 'kplan-follow-'));
  const open = (cluster: string, bootstrap: readonly string[]) =>
    openCluster(cluster, { bootstrap, addressMap: {} }, { env: {}, baseDirectory: '.' });
  const [old, recent] = await Promise.all([open('old', source.bootstrap), open('new', target.bootstrap)]);
  const group = `${name}-group`;
  const plan = (include: readonly string[]) =>
    writeFile(
      join(directory, 'plan.yaml'),
      `version: 1
name: ${name}
clusters:
  old: { bootstrap: ${JSON.stringify(source.bootstrap)} }
  new: { bootstrap: ${JSON.stringify(target.bootstrap)} }
defaults: { config: { exclude: [segment.bytes] } }
flows:
  - { name: f, source: old, target: new, topics: { include: ${JSON.stringify(include)}, discover: ${discover} }, groups: { include: ["${group}"] } }
`,
    );
  const topic = (suffix: string, partitions = 1) =>
    createTopic(source.bootstrap, `${name}-${suffix}`, { partitions, config: { 'retention.ms': '-1' } });
  const write = (suffix: string, value: string, partition = 0) =>
    produceRecords({ bootstrap: source.bootstrap, topic: `${name}-${suffix}` }, [
      { partition, value: Buffer.from(value) },
    ]);
  const valuesAt = async (suffix: string) => {
    const records = await readAll({ bootstrap: target.bootstrap, topic: `${name}-${suffix}` }).catch(() => []);
    return records.map((one) => one.value?.toString());
  };
  const arrived = (suffix: string, values: readonly string[]) =>
    eventually(`${suffix} holds ${values}`, waitMs, async () => (await valuesAt(suffix)).join() === values.join());
  return {
    ...{ source, target, name, group, directory, old, recent, plan, topic, write, arrived },
    async close() {
      await Promise.all([old.close(), recent.close()]);
      await rm(directory, { recursive: true });
    },
  };
}

/** A process that follows, once it says so. */
async function follower(directory: string): Promise<KplanProcess> {
  const args = ['apply', 'plan.yaml', '--auto-approve', '--follow', '--lease-seconds', '30', '--format', 'json'];
  const process = startKplan(args, directory);
  await eventually('it follows', waitMs, () => {
    if (process.child.exitCode !== null) throw new Error(process.out() + process.err());
    return process.out().includes('"event":"follow_start"');
  });
  return process;
}

async function stop(process: KplanProcess): Promise<void> {
  process.child.kill('SIGTERM');
  assert.is((await process.exited).code, 0, process.out() + process.err());
  assert.match(process.out(), /"summary":\{"result":"done"/);
}

async function settingOf(cluster: Cluster, topic: string, name: string): Promise<string | null | undefined> {
  return (await cluster.reader.describeTopicSettings([topic])).get(topic)?.get(name)?.value;
}

async function everythingComesAlong(): Promise<void> {
  const at = await world('mirror');
  await at.topic('a');
  await at.write('a', '1');
  await at.plan([`${at.name}-*`]);
  const process = await follower(at.directory);
  await at.write('a', '2');
  await at.arrived('a', ['1', '2']);

  await at.topic('b', 2);
  await at.write('b', 'x', 1);
  const settings = { 'retention.ms': '1234567890' };
  await at.old.topics.alterTopicSettings([{ topic: `${at.name}-a`, settings }], { validateOnly: false });
  await commitOffsets(at.source.bootstrap, at.group, [{ topic: `${at.name}-a`, partition: 0, offset: 1n }]);
  await at.arrived('b', ['x']);
  await at.old.topics.createPartitions([{ topic: `${at.name}-b`, partitions: 3 }], { validateOnly: false });
  await at.write('b', 'y', 2);
  await eventually('the setting came along', waitMs, async () => {
    return (await settingOf(at.recent, `${at.name}-a`, 'retention.ms')) === '1234567890';
  });
  const [, next] = await readAll({ bootstrap: at.target.bootstrap, topic: `${at.name}-a` });
  await eventually('the group came along', waitMs, async () => {
    const [committed] = (await at.recent.groups.committedOffsets([at.group])).get(at.group) ?? [];
    return committed !== undefined && committed.offset === next?.offset;
  });
  await at.arrived('b', ['x', 'y']);
  await stop(process);
  assert.match(process.out(), /"code":"KP4020"/);
  const verified = recordedIo(at.directory);
  assert.is(await verify({ file: 'plan.yaml', format: 'json' }, verified), 0, verified.out());
  await at.close();
}

async function flowIsHandedOver(): Promise<void> {
  const at = await world('report');
  await at.topic('a');
  await at.write('a', '1');
  await at.plan([`${at.name}-a`, `${at.name}-*`]);
  const process = await follower(at.directory);
  await at.topic('b');
  await at.write('b', 'late');
  await eventually('the topic is reported', waitMs, () => process.out().includes('"code":"KP4019"'));
  assert.is((await at.recent.log.describeTopics([`${at.name}-b`])).size, 0);

  const handed = recordedIo(at.directory);
  const options = {
    file: 'plan.yaml',
    autoApprove: true,
    leaseSeconds: 30,
    lockTimeoutSeconds: 0,
    format: 'json',
  } as const;
  assert.is(await apply(options, handed), 0, handed.out());
  assert.match(handed.out(), /"code":"KP4023"/);
  await at.arrived('b', ['late']);
  await at.write('b', 'later');
  await at.arrived('b', ['late', 'later']);
  await stop(process);
  await at.close();
}

testsAtOnce({
  'records, new topics, new partitions, settings and groups come along while a flow is followed': everythingComesAlong,
  'an apply hands its flow over to the process that follows it, and waits for it; what is new is reported':
    flowIsHandedOver,
});

test.run();
