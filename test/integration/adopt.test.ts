import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drift } from '../../src/cli/commands/drift.ts';
import type { DriftDocument } from '../../src/render/drift-document.ts';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { type DeclaredFile, declaredFile } from '../fixtures/apply/declared-file.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { createTopic } from '../fixtures/records.ts';
import { seenByAll } from '../fixtures/seen-by-all.ts';

const versions = { source: '3.9', target: '4.1' } as const;

async function driftOf(at: DeclaredFile): Promise<readonly string[]> {
  const io = recordedIo(at.directory);
  const code = await drift({ file: 'plan.yaml', format: 'json' }, io);
  const document: DriftDocument = JSON.parse(io.out());
  assert.is(code, document.drift.length > 0 ? 2 : 0, io.out());
  return document.drift.map((one) => `${one.address} ${one.apply}`);
}

for (const shared of ['source', 'target'] as const) {
  const tool = async (mainClass: string, args: readonly string[]) => {
    const { bootstrap } = (await sharedClusters())[shared];
    await runKafkaTool(versions[shared], mainClass, ['--bootstrap-server', bootstrap.join(), ...args]);
    await seenByAll(bootstrap);
  };
  const configs = (kind: string, name: string, change: string) =>
    tool('kafka.admin.ConfigCommand', ['--alter', '--entity-type', kind, '--entity-name', name, ...change.split(' ')]);

  test(`${shared}: what matches already is owned after apply: drift by Kafka's tools is found and taken back`, async () => {
    const at = await declaredFile(shared);
    const topic = `${at.name}-t`;
    const declared = (config: string) => `topics:
  only:
    - { name: ${topic}, partitions: 2, replicationFactor: 1, config: { ${config} } }
quotas:
  only:
    - { entity: { user: ${at.name} }, limits: { producer_byte_rate: 1000 } }
`;
    const create = ['--create', '--topic', topic, '--partitions', '2', '--replication-factor', '1'];
    await tool('org.apache.kafka.tools.TopicCommand', [...create, '--config', 'retention.ms=7000000']);
    await configs('users', at.name, '--add-config producer_byte_rate=1000');
    await at.write(declared('retention.ms: 7000000'));
    assert.is((await at.plan()).code, 0);
    const first = await at.apply();
    assert.is(first.code, 0, first.io.out());
    assert.match(first.io.out(), '2 resources were as wanted already');
    assert.equal(await driftOf(at), []);
    assert.is((await at.plan()).code, 0);

    await configs('topics', topic, '--add-config retention.ms=7000001,flush.ms=1000');
    await configs('users', at.name, '--delete-config producer_byte_rate');
    const expected = [`topic/only/${topic} sets-back`, `quota/only/user%3D${at.name} makes-again`];
    assert.equal(await driftOf(at), expected);
    assert.is((await at.apply()).code, 0);
    assert.equal(await driftOf(at), []);

    await configs('topics', topic, '--add-config retention.ms=7000002');
    await at.write(declared('retention.ms: 7000002'));
    assert.equal(await driftOf(at), [`topic/only/${topic} leaves`]);
    const followed = await at.apply();
    assert.is(followed.code, 0, followed.io.out());
    assert.equal(await driftOf(at), [], 'an outside change that the plan file follows is no drift any more');
    const again = await at.apply();
    assert.not.match(again.io.out(), 'KP4018');

    await at.write(declared(''));
    assert.is((await at.plan()).code, 2, 'a setting that left the file is given back');
    assert.is((await at.apply()).code, 0);
    const settings = (await at.cluster.reader.describeTopicSettings([topic])).get(topic);
    assert.is.not(settings?.get('retention.ms')?.source, 'topic');
    assert.is(settings?.get('flush.ms')?.value, '1000', 'what others set stays');
    await at.close();
  });

  test(`${shared}: a saved plan without changes stores what it meets, or is refused where the plan file changed`, async () => {
    const at = await declaredFile(shared);
    const topic = `${at.name}-t`;
    const declared = `topics:\n  only:\n    - { name: ${topic}, partitions: 1, replicationFactor: 1, config: {} }\n`;
    await createTopic((await sharedClusters())[shared].bootstrap, topic);
    await at.write(declared);
    assert.is((await at.plan('p.kplan.json')).code, 0);
    const stored = await at.apply('p.kplan.json');
    assert.is(stored.code, 0, stored.io.out());
    assert.match(stored.io.out(), '1 resource was as wanted already');
    const again = await at.apply('p.kplan.json');
    assert.is(again.code, 0);
    assert.not.match(again.io.out(), 'KP4018');
    await at.write(`${declared}# changed\n`);
    const stale = await at.apply('p.kplan.json');
    assert.is(stale.code, 3, stale.io.out());
    await at.close();
  });
}

test.run();
