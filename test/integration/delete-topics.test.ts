import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { type DeclaredFile, declaredFile } from '../fixtures/apply/declared-file.ts';
import { eventually } from '../fixtures/eventually.ts';
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

  test(`${shared}: a topic that was made again since the plan stays, and the exit code is 3`, async () => {
    const { bootstrap } = (await sharedClusters())[shared];
    const at = await declaredFile(shared);
    const topic = uniqueName('legacy');
    await createTopic(bootstrap, topic);
    await at.write(absent([topic]));
    assert.is((await at.plan('p.kplan.json')).code, 2);
    const [deleted] = await at.cluster.topics.deleteTopics([{ topic }]);
    assert.is(deleted?.error, null);
    await eventually('the topic is gone', 15_000, async () => !(await isThere(at, topic)));
    await createTopic(bootstrap, topic);
    const stale = await at.apply('p.kplan.json');
    assert.is(stale.code, 3, stale.io.out());
    assert.match(stale.io.out(), /was the topic with id \S+, is one with id/);
    assert.ok(await isThere(at, topic));

    const [byOldId] = await at.cluster.topics.deleteTopics([{ topic, topicId: 'bGVnYWN5LWlkLS4uLi4uLg' }]);
    assert.is(byOldId?.error, 'UNKNOWN_TOPIC_ID', 'the id decides, not the name');
    assert.ok(await isThere(at, topic));

    assert.is((await at.plan('q.kplan.json')).code, 2);
    for (const expected of ['"done":1', '"alreadyDone":1']) {
      const done = await at.apply('q.kplan.json');
      assert.is(done.code, 0, done.io.out());
      assert.match(done.io.out(), expected);
    }
    assert.not(await isThere(at, topic));
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
