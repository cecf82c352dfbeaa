import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { type DeclaredFile, declaredFile } from '../fixtures/apply/declared-file.ts';
import { createTopic } from '../fixtures/records.ts';

/** Words of the text of a plan, whatever its line breaks. */
async function planned(at: DeclaredFile, code: number): Promise<string> {
  const { code: ended, io } = await at.plan();
  const text = io.out().replaceAll(/\s+/g, ' ');
  assert.is(ended, code, io.out() + io.err());
  return text;
}

/** Where the plan file declares a topic, as a plan shows it. */
async function placeOf({ directory }: DeclaredFile, topic: string): Promise<string> {
  const lines = (await readFile(join(directory, 'plan.yaml'), 'utf8')).split('\n');
  const at = lines.findIndex((line) => line.includes(`name: ${topic},`));
  return `plan.yaml:${at + 1}:${(lines[at]?.indexOf('{') ?? -1) + 1}`;
}

for (const shared of ['source', 'target'] as const) {
  test(`${shared}: what brokers would refuse stands in the plan, with their words, and nothing is made`, async () => {
    const at = await declaredFile(shared);
    const { name } = at;
    const [made, grown] = [`${name}-made`, `${name}-grown`];
    await createTopic((await sharedClusters())[shared].bootstrap, grown, { partitions: 2 });
    await at.write(`topics:
  only:
    - { name: ${made}, partitions: 1, replicationFactor: 1, config: { remote.storage.enable: true } }
    - { name: ${name}-large, partitions: 20000, replicationFactor: 1, config: {} }
    - { name: ${name}-good, partitions: 1, replicationFactor: 1, config: { retention.ms: 1000 } }
    - { name: ${grown}, partitions: 3, replicationFactor: 1, config: { remote.storage.enable: true } }
quotas:
  only:
    - { entity: { user: ${name} }, limits: { producer_byte_rate: 1000 } }
    - { entity: { ip: "no.such.host.invalid" }, limits: { connection_creation_rate: 1 } }
`);
    const text = await planned(at, 1);
    assert.match(
      text,
      `KP2401: Cluster only refuses to create topic/only/${made}: INVALID_CONFIG. at ${await placeOf(at, made)}`,
    );
    assert.match(text, 'Tiered Storage functionality is disabled in the broker');
    assert.match(text, `KP2402: Cluster only refuses to create topic/only/${name}-large: POLICY_VIOLATION`);
    assert.match(
      text,
      `KP2401: Cluster only refuses to alter topic/only/${grown}: INVALID_CONFIG. at ${await placeOf(at, grown)}`,
    );
    assert.match(text, 'no.such.host.invalid is not a valid IP or resolvable host');
    assert.is(text.match(/ error KP/g)?.length, 4, 'what would be taken is no finding');
    const refused = await at.apply();
    assert.is(refused.code, 1);
    const described = await at.cluster.log.describeTopics([made, `${name}-good`, grown]);
    assert.equal(
      [...described.values()].map((one) => [one.topic, one.leaders.length]),
      [[grown, 2]],
    );
    const quotas = await at.cluster.reader.describeQuotas();
    assert.not(quotas.some((one) => one.entity.user === name));

    await at.write(`topics:
  only:
    - { name: ${name}-good, partitions: 1, replicationFactor: 1, config: { retention.ms: 1000 } }
    - { name: ${grown}, partitions: 3, replicationFactor: 1, config: { retention.ms: 1000 } }
quotas:
  only:
    - { entity: { user: ${name} }, limits: { producer_byte_rate: 1000 } }
`);
    await planned(at, 2);
    const applied = await at.apply();
    assert.is(applied.code, 0, applied.io.out());
    await planned(at, 0);
    await at.write(`quotas: { only: [{ entity: { user: ${name} }, state: absent }] }\n`);
    assert.is((await at.apply()).code, 0);
    await at.close();
  });
}

test('a thousand topics that brokers refuse alike are one finding', async () => {
  const at = await declaredFile('target');
  const topics = Array.from({ length: 1_000 }, (_, index) => {
    return `    - { name: ${at.name}-${index}, partitions: 1, replicationFactor: 1, config: { remote.storage.enable: true } }`;
  });
  await at.write(`topics:\n  only:\n${topics.join('\n')}\n`);
  const text = await planned(at, 1);
  assert.match(text, 'Cluster only refuses to create 1,000 topics: INVALID_CONFIG');
  assert.match(text, 'and 990 more');
  assert.is(text.match(/ error KP/g)?.length, 1);
  await at.close();
});

test.run();
