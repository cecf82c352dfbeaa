import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { translateAsked } from '../../../runner/offsets/translate-asked.ts';
import type { GroupReader } from '../../../runner/ports.ts';
import { answerQuestion, type OffsetsWorld } from '../../../src/cli/commands/answer-offsets.ts';
import { unanswered } from '../../../src/cli/commands/offsets-diagnostics.ts';
import type { Direction, OffsetsQuestion } from '../../../src/offsets/question.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';

const byKeySettings = { hash: 'murmur2', partitions: 3 } as const;

async function mirroredWorld(byKey?: typeof byKeySettings): Promise<MirrorWorld> {
  const world = createMirrorWorld(seedOfRun(), byKey === undefined ? { partitions: 2 } : { partitions: 2, byKey });
  writeFinished(world, 80);
  assert.is((await world.mirror()).result, 'caught-up');
  return world;
}

/** Broker 1 alone leads the second partition of each topic. */
function translated(world: MirrorWorld, direction: Direction, byKey?: typeof byKeySettings) {
  const process = createProcess(world.clock, world.random);
  const topic = { source: 'orders', target: 'orders-copy', sourcePartitions: 2, partitions: 3, byKey: byKey?.hash };
  const flow = {
    ...{ migration: 'test', flow: { name: 'old-to-new', topics: [topic] } as never, clock: process.clock },
    source: process.connect(world.source, noFaults),
    target: process.connect(world.target, noFaults),
  };
  const name = direction === 'to-target' ? 'orders' : 'orders-copy';
  const asked = [0, 1].map((partition) => ({ topic: name, partition, offset: 3n, group: 'billing' }));
  return world.clock.run(translateAsked(flow, asked, direction));
}

for (const direction of ['to-target', 'to-source'] as const)
  for (const side of ['source', 'target'] as const)
    test(`a ${side} partition without a leader leaves its own offsets without an answer, and no other (${direction})`, async () => {
      const world = await mirroredWorld();
      const before = await translated(world, direction);
      assert.equal(
        before.map((one) => one.result),
        ['translated', 'translated'],
      );
      world[side].leaders.stop(1);
      const [first, second] = await translated(world, direction);
      assert.equal(first, before[0]);
      assert.equal([second?.result, second?.why, second?.found], ['unknown', 'unanswered', null]);
      assert.match(second?.fault?.diagnostic.summary ?? '', /NOT_LEADER|LEADER_NOT_AVAILABLE/);
    });

test('a topic whose records go by key has no answer while one of its partitions has no leader', async () => {
  const world = await mirroredWorld(byKeySettings);
  world.source.leaders.stop(1);
  const answers = await translated(world, 'to-target', byKeySettings);
  assert.equal(
    answers.map((one) => [one.asked.partition, one.why]),
    [
      [0, 'unanswered'],
      [1, 'unanswered'],
    ],
  );
  assert.ok(answers.every((one) => one.fault !== undefined));
});

/** Nothing is mirrored yet: what counts is for which groups there is an answer. */
function worldOf(faults: Readonly<Record<string, string>>): OffsetsWorld & { readonly asked: string[][] } {
  const simulated = createMirrorWorld(seedOfRun(), { partitions: 1 });
  const asked: string[][] = [];
  const groups: Pick<GroupReader, 'committedOfEach'> = {
    async committedOfEach(names) {
      asked.push([...names]);
      return new Map(
        names.map((group) => {
          const errorName = faults[group];
          const fault = brokerFault(
            { cluster: 'old', request: 'OffsetFetch' },
            { errorName: errorName ?? '', resource: group },
          );
          return [
            group,
            errorName === undefined ? [{ topic: 'orders', partition: 0, offset: 5n, metadata: '' }] : fault,
          ];
        }),
      );
    },
  };
  const topics = [{ source: 'orders', target: 'orders-copy', sourcePartitions: 1, partitions: 1 }];
  const flow = { name: 'f', source: 'old', target: 'new', topics, groupMembers: ['a', 'b', 'c'] };
  const clusters = new Map([
    ['old', { groups, log: logOf(simulated.source) }],
    ['new', { groups, log: logOf(simulated.target) }],
  ]);
  const migration = { name: 'test', flows: [flow] };
  return { migration, clusters, direction: 'to-target', asked } as never;
}

function logOf({ log, name }: MirrorWorld['source']) {
  return {
    cluster: name,
    describeTopics: async (...args: Parameters<typeof log.describeTopics>) => log.describeTopics(...args),
    offsets: async (...args: Parameters<typeof log.offsets>) => log.offsets(...args),
  };
}

async function answered(question: OffsetsQuestion, faults: Readonly<Record<string, string>>) {
  const world = worldOf(faults);
  const { answers, diagnostics, unread } = await answerQuestion(question, world);
  const groups = answers.map(({ asked }) => asked.group);
  return { groups, codes: diagnostics.map((one) => one.code), unread, asked: world.asked };
}

for (const errorName of ['UNSTABLE_OFFSET_COMMIT', 'COORDINATOR_NOT_AVAILABLE', 'GROUP_AUTHORIZATION_FAILED'])
  test(`of all groups one that can not be read (${errorName}) is named, and the others are answered`, async () => {
    const { groups, codes, unread } = await answered({ by: 'all-groups' }, { b: errorName });
    assert.equal([groups, codes], [['a', 'c'], []]);
    assert.equal(
      unread.map((one) => [one.code, one.severity, one.address]),
      [['KP6049', 'error', 'group/f/b']],
    );
    assert.match(unread[0]?.summary ?? '', /^Group b of flow f is left out: /);
  });

test('many partitions without a leader are one diagnostic, which names some of them', () => {
  const fault = (topic: string) =>
    brokerFault({ cluster: 'old', request: 'ListOffsets' }, { errorName: 'LEADER_NOT_AVAILABLE', resource: topic });
  const silent = Array.from({ length: 12 }, (_, partition) => ({
    ...{ flow: 'f', topic: 'orders', partition },
    fault: fault(`orders-${partition}`),
  }));
  const [told, ...others] = unanswered([...silent, ...silent]);
  assert.equal([told?.code, others], ['KP6056', []]);
  assert.match(told?.summary ?? '', '12 partitions of flow f for now: 24 offsets');
  assert.match(told?.detail ?? '', 'orders:9 and 2 more.');
});

test('one group that can not be read is not said to have no offsets', async () => {
  const { groups, codes, unread } = await answered({ by: 'group', group: 'b' }, { b: 'UNSTABLE_OFFSET_COMMIT' });
  assert.equal([groups, codes, unread.map((one) => one.code)], [[], [], ['KP6049']]);
});

test('where groups may be missing since no broker lists them, all groups are answered and that is said', async () => {
  const world = worldOf({});
  const { log } = world.clusters.get('old') as unknown as { log: ReturnType<typeof logOf> };
  const { describeTopics } = log;
  log.describeTopics = async (topics) => {
    const found = new Map(await describeTopics(topics));
    const offsets = '__consumer_offsets';
    return topics.includes(offsets) ? found.set(offsets, { topic: offsets, leaders: [0, -1, 0] }) : found;
  };
  const { answers, unread } = await answerQuestion({ by: 'all-groups' }, world);
  assert.equal([answers.length, unread.map((one) => [one.code, one.severity])], [3, [['KP6057', 'error']]]);
  assert.match(unread[0]?.summary ?? '', 'partition 1 of __consumer_offsets on cluster old');
  assert.equal((await answerQuestion({ by: 'group', group: 'a' }, world)).unread, []);
});

test('a coordinator that is away is waited for longer than a transaction; the others are not asked again', async () => {
  const faults = { a: 'UNSTABLE_OFFSET_COMMIT', b: 'COORDINATOR_NOT_AVAILABLE' };
  assert.equal((await answered({ by: 'all-groups' }, faults)).asked, [['a', 'b', 'c'], ['b']]);
});

test.run();
