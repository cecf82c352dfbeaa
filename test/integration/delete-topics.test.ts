import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { type DeclaredFile, declaredFile } from '../fixtures/apply/declared-file.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const absent = (topics: readonly string[], policy = 'policies: { deleteTopics: allow }') => `topics:
  only:
${topics.map((topic) => `    - { name: ${topic}, state: absent }`).join('\n')}
${policy}
`;

async function isThere(at: DeclaredFile, topic: string): Promise<boolean> {
  return (await at.cluster.log.describeTopics([topic])).has(topic);
}

for (const shared of ['source', 'target'] as const) {
  test(`${shared}: a topic is deleted where that is allowed, and the plan after it is empty`, async () => {
    const { bootstrap } = (await sharedClusters())[shared];
    const at = await declaredFile(shared);
    const [topic, other] = [uniqueName('legacy'), uniqueName('bystander')];
    await createTopic(bootstrap, topic, { partitions: 3, config: { 'retention.ms': '-1' } });
    await createTopic(bootstrap, other);
    const records = [0, 1, 1].map((partition) => ({ partition, value: Buffer.from('v') }));
    await produceRecords({ bootstrap, topic }, records);

    const [otherId] = await at.cluster.topics.deleteTopics([{ topic, topicId: 'bGVnYWN5LWlkLS4uLi4uLg' }]);
    assert.is(otherId?.error, 'UNKNOWN_TOPIC_ID', 'the id decides, not the name');
    await at.write(absent([topic, 'never-there'], ''));
    const forbidden = await at.plan();
    assert.is(forbidden.code, 1);
    assert.match(forbidden.io.out() + forbidden.io.err(), /KP2203/);
    assert.is((await at.apply()).code, 1);
    assert.ok(await isThere(at, topic));

    await at.write(absent([topic, 'never-there']));
    const planned = await at.plan();
    assert.is(planned.code, 2, planned.io.out());
    assert.match(
      planned.io.out(),
      /^warning KP2202: topic\/only\/legacy-\w+ is deleted:\s+3\s+partitions\s+with\s+up\s+to\s+3\s+records/,
    );
    assert.match(planned.io.out(), 'Plan: 0 to create, 0 to change, 1 to delete.');
    const done = await at.apply();
    assert.is(done.code, 0, done.io.out());
    assert.not(await isThere(at, topic));
    assert.ok(await isThere(at, other));
    const again = await at.plan();
    assert.is(again.code, 0, again.io.out());
    await at.close();
  });
}

test('a topic that kplan made is forgotten once it is deleted; internal ones and its own are refused', async () => {
  const at = await declaredFile('target');
  const topic = uniqueName('made');
  await at.write(`topics:\n  only:\n    - { name: ${topic}, partitions: 2, replicationFactor: 1 }\n`);
  assert.is((await at.apply()).code, 0);
  await at.write(absent([topic]));
  const done = await at.apply();
  assert.is(done.code, 0, done.io.out());
  await at.write(absent([]).replace('only:', 'only: []'));
  const left = await at.plan();
  assert.is(left.code, 0, left.io.out());
  assert.not.match(left.io.out(), 'KP2115');

  await at.write(absent([`__kplan.${at.name}.state`, '__consumer_offsets']));
  const refused = await at.plan();
  assert.is(refused.code, 1);
  assert.match(refused.io.out() + refused.io.err(), /KP2204/);
  await at.close();
});

test.run();
