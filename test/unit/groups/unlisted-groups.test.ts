import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { syncGroups } from '../../../runner/groups/sync-groups.ts';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { createGroupWorld, type GroupWorld } from './group-world.ts';

const topic = '__consumer_offsets';

/** A round in which the source's partitions that hold groups have these leaders, or hide; gives what was told of them. */
async function roundWith(world: GroupWorld, leaders: readonly number[] | 'hidden') {
  const { request } = world;
  const told: string[] = [];
  let asked = 0;
  const log = {
    ...request.source.log,
    async describeTopics(topics: readonly string[]) {
      if (!topics.includes(topic)) return request.source.log.describeTopics(topics);
      asked += 1;
      const place = { cluster: 'old', request: 'Metadata' };
      if (leaders === 'hidden') throw brokerFault(place, { errorName: 'TOPIC_AUTHORIZATION_FAILED', resource: topic });
      return new Map([[topic, { topic, leaders }]]);
    },
  };
  const onUnlisted = ({ code, summary }: { code: string; summary: string }) => void told.push(`${code} ${summary}`);
  const results = await syncGroups({ ...request, source: { ...request.source, log }, onUnlisted });
  return { told, asked, outcomes: results.map((one) => one.outcome) };
}

test('where a partition that holds groups has no leader the others are brought along, and it is told that some may be missing', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  const { told, outcomes } = await roundWith(world, [0, -1, 0]);
  assert.equal(outcomes, ['written']);
  assert.is(told.length, 1);
  assert.match(told[0] ?? '', /^KP6057 .*partition 1 of __consumer_offsets/);
  assert.match((await roundWith(world, [-1, -1, 0])).told[0] ?? '', '2 of 3 partitions');
  assert.equal((await roundWith(world, [0, 0, 0])).told, []);
  assert.equal((await roundWith(world, [])).told, []);
});

test('a user who may not see that topic is told of nothing, and brokers have one refusal to log, not one a round', async () => {
  const world = createGroupWorld();
  world.commitAtSource('billing', 5n);
  assert.equal(await roundWith(world, 'hidden'), { told: [], asked: 1, outcomes: ['written'] });
  world.commitAtSource('billing', 6n);
  assert.equal(await roundWith(world, 'hidden'), { told: [], asked: 0, outcomes: ['written'] });
});

test.run();
