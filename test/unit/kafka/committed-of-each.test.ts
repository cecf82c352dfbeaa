import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import type { AnswerPlace, ClusterClient, Target } from '../../../runner/kafka/cluster-client.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { committedOfEach } from '../../../runner/kafka/committed-of-each.ts';
import { type KafkaErrorName, kafkaErrors } from '../../../runner/kafka/error-table.ts';
import { countingClock } from '../verify/partition-log.ts';

/** How a group answers: an offset, an error, that of its coordinator, or nothing at all. */
type Group = bigint | KafkaErrorName | 'no coordinator' | 'silent coordinator' | 'nothing';

const silentBroker = 9;
const place: AnswerPlace = { cluster: 'old', request: 'OffsetFetch', broker: 'b:9092' };

/** Brokers that answer as the groups say by then; of Kafka 3.0, or before it, where they answer for one group at a time. */
function clusterOf(groups: () => Readonly<Record<string, Group>>, isOld = false) {
  const clock = countingClock();
  const asked: string[] = [];
  const answerOf = (group: string) => {
    const one = groups()[group] ?? 'nothing';
    if (one === 'nothing') return [];
    const offset = typeof one === 'bigint' ? one : -1n;
    const errorCode = typeof one === 'bigint' || !(one in kafkaErrors) ? 0 : kafkaErrors[one as KafkaErrorName].code;
    const partition = { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, metadata: '', errorCode };
    return [{ groupId: group, errorCode: 0, topics: [{ name: 'orders', partitions: [partition] }] }];
  };
  const answers = (target: Target, resource: string | undefined, request: string) => {
    const names = Object.keys(groups());
    if (request === 'FindCoordinator')
      return {
        coordinators: names.map((key) => ({
          key,
          nodeId: groups()[key] === 'silent coordinator' ? silentBroker : 1,
          errorCode: groups()[key] === 'no coordinator' ? kafkaErrors.COORDINATOR_NOT_AVAILABLE.code : 0,
        })),
      };
    if (target.to === 'broker' && target.id === silentBroker)
      throw brokerFault(place, { errorName: 'NETWORK_EXCEPTION' });
    if (resource !== undefined) return { groups: answerOf(resource) };
    return { groups: names.filter((key) => !String(groups()[key]).includes('coordinator')).flatMap(answerOf) };
  };
  const client = {
    settings: { cluster: 'old' },
    world: { clock, random: () => 1 },
    abilities: async () => ({ versions: new Map(isOld ? [] : [[10, { min: 0, max: 4 }]]), features: new Map() }),
    async ask(target: Target, request: { name: string; resource?: string }, read: (...answer: unknown[]) => unknown) {
      asked.push(request.name);
      return read(answers(target, request.resource, request.name), place);
    },
  };
  return { client: client as unknown as ClusterClient, clock, asked };
}

function shown(read: ReadonlyMap<string, readonly { offset: bigint }[] | ClusterFault>) {
  return Object.fromEntries(
    [...read].map(([group, one]) => [group, one instanceof ClusterFault ? one.errorName : one.map((at) => at.offset)]),
  );
}

const limits = { attemptsMax: 60, elapsedMaxMs: 3_000 };

test('each group is told for itself, and what passes is waited for together', async () => {
  const { client, clock, asked } = clusterOf(() => ({
    good: 5n,
    pending: 'UNSTABLE_OFFSET_COMMIT',
    leaderless: 'no coordinator',
    silent: 'silent coordinator',
    denied: 'GROUP_AUTHORIZATION_FAILED',
  }));
  const startMs = clock.nowMs();
  const groups = ['good', 'pending', 'leaderless', 'silent', 'denied'];
  assert.equal(shown(await committedOfEach(client, groups, limits)), {
    good: [5n],
    pending: 'UNSTABLE_OFFSET_COMMIT',
    leaderless: 'COORDINATOR_NOT_AVAILABLE',
    silent: 'NETWORK_EXCEPTION',
    denied: 'GROUP_AUTHORIZATION_FAILED',
  });
  assert.ok(clock.nowMs() - startMs <= 3_000);
  assert.ok(asked.length < 40, `${asked.length} requests`);
});

test('a group that can be read after all is read; a fault that lasts says how often it was tried', async () => {
  let tries = 0;
  const { client } = clusterOf(() => {
    tries += 1;
    return { late: tries > 9 ? 7n : 'UNSTABLE_OFFSET_COMMIT', pending: 'UNSTABLE_OFFSET_COMMIT' };
  });
  const read = await committedOfEach(client, ['late', 'pending'], limits);
  assert.equal(shown(read), { late: [7n], pending: 'UNSTABLE_OFFSET_COMMIT' });
  const pending = read.get('pending');
  assert.match(pending instanceof ClusterFault ? (pending.diagnostic.detail ?? '') : '', /Tried \d+ times in/);
});

test('brokers before Kafka 3.0 answer for one group each, and all are waited for together as well', async () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`g${n}`, 'UNSTABLE_OFFSET_COMMIT' as const]));
  const { client, clock } = clusterOf(() => ({ ...many, good: 5n }), true);
  const startMs = clock.nowMs();
  const read = shown(await committedOfEach(client, [...Object.keys(many), 'good'], limits));
  assert.equal([read.good, read.g0, read.g49], [[5n], 'UNSTABLE_OFFSET_COMMIT', 'UNSTABLE_OFFSET_COMMIT']);
  assert.ok(clock.nowMs() - startMs <= 3_000);
});

test('a group about which brokers say nothing is never one without commits', async () => {
  for (const isOld of [false, true]) {
    const { client } = clusterOf(() => ({ silent: 'nothing', good: 5n }), isOld);
    assert.equal(shown(await committedOfEach(client, ['silent', 'good'], limits)), {
      silent: 'UNKNOWN_SERVER_ERROR',
      good: [5n],
    });
  }
});

test.run();
