import { Reader } from '@platformatic/kafka';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClusterClient } from '../../../runner/kafka/cluster-client.ts';
import { kafkaErrors } from '../../../runner/kafka/error-table.ts';
import { openTopicWriter, topicWriterLimits } from '../../../runner/kafka/topic-writer.ts';
import { countingClock } from '../verify/partition-log.ts';

type Answering = (count: number) => { readonly throttleTimeMs?: number; readonly topics: readonly object[] };

/** Counts the topics of each request; every topic answers that all is well, where the test says nothing else. */
function clientOf(features: ReadonlyMap<string, object>, answering: Answering = () => ({ topics: [] })) {
  const clock = countingClock();
  const log: (number | string)[] = [];
  const connection = {
    send(_key: number, _version: number, payload: () => { readonly buffer: Buffer }, ...[, , , answer]: Answer[]) {
      const count = Reader.from(payload().buffer).readUnsignedVarInt() - 1;
      log.push(count);
      answer?.(null, { throttleTimeMs: 0, ...answering(count) });
    },
  };
  const client = {
    world: { clock, random: () => 1 },
    abilities: async () => ({ versions: new Map(), features }),
    async ask(_target: unknown, { candidates: [first] }: AskedRequest, read: (answer: unknown) => unknown) {
      return read(await first.send(connection));
    },
  };
  return { writer: openTopicWriter(client as unknown as ClusterClient), log, clock };
}

type Answer = ((error: null, answer: unknown) => void) | undefined;
type AskedRequest = { readonly candidates: readonly [{ send(connection: unknown): Promise<unknown> }] };

const kraft = new Map([['metadata.version', {}]]);
const topics = (count: number, partitions: number) =>
  Array.from({ length: count }, (_, n) => ({
    topic: `t-${n}`,
    partitions,
    replicationFactor: 1,
    config: { 'retention.ms': '1', 'cleanup.policy': 'delete', 'segment.ms': '1' },
  }));

test('a request holds as many topics as the controller takes at once, and each follows what must come before it', async () => {
  const { writer, log } = clientOf(kraft);
  const beforeRequest = async () => void log.push('before');
  await writer.createTopics(topics(1_001, 6), { validateOnly: false, beforeRequest });
  assert.equal(log, ['before', 1_000, 'before', 1]);
});

test('a topic with more partitions than a request may hold goes alone', async () => {
  const { writer, log } = clientOf(kraft);
  const wanted = [...topics(1, 20_000), ...topics(2, 1), ...topics(1, 20_000)];
  await writer.createTopics(wanted, { validateOnly: true });
  assert.equal(log, [1, 2, 1]);
});

const throttled = kafkaErrors.THROTTLING_QUOTA_EXCEEDED.code;
const answer = (name: string, errorCode: number) => ({
  name,
  errorCode,
  errorMessage: errorCode === 0 ? null : 'slow',
});

test('topics that a quota holds back are sent again, alone, when the broker says so, for as long as some go on', async () => {
  let made = 0;
  const { writer, log, clock } = clientOf(kraft, (count) => {
    const all = Array.from({ length: count }, (_, n) => answer(`t-${made + n}`, n === 0 ? 0 : throttled));
    made += 1;
    return { throttleTimeMs: 100_000, topics: all };
  });
  const beforeRequest = async () => void log.push('before');
  const found = await writer.createTopics(topics(5, 1), { validateOnly: false, beforeRequest });
  assert.equal(
    found.map((one) => [one.topic, one.error]),
    ['t-0', 't-1', 't-2', 't-3', 't-4'].map((topic) => [topic, null]),
  );
  assert.equal(log, ['before', 5, 'before', 4, 'before', 3, 'before', 2, 'before', 1]);
  assert.is(clock.nowMs(), 400_000);
});

test('where no topic goes on for too long, its error is the answer; what is only checked is asked once', async () => {
  for (const [name, elapsedMsMax] of [
    ['THROTTLING_QUOTA_EXCEEDED', topicWriterLimits.throttledMsMax],
    ['REQUEST_TIMED_OUT', 60_000],
  ] as const) {
    const { writer, log, clock } = clientOf(kraft, () => ({ topics: [answer('t-0', kafkaErrors[name].code)] }));
    const [outcome] = await writer.createTopics(topics(1, 1), { validateOnly: false });
    assert.equal([outcome?.error, outcome?.message], [name, 'slow']);
    assert.ok(log.length > 20 && clock.nowMs() <= elapsedMsMax);
    const tries = log.length;
    assert.is((await writer.createTopics(topics(1, 1), { validateOnly: true }))[0]?.error, name);
    assert.is(log.length, tries + 1);
  }
});

test('a topic that a request made which timed out answers that it is there', async () => {
  const codes = [kafkaErrors.REQUEST_TIMED_OUT.code, kafkaErrors.TOPIC_ALREADY_EXISTS.code];
  const { writer, log } = clientOf(kraft, () => ({ topics: [answer('t-0', codes.shift() ?? 0)] }));
  assert.is((await writer.createTopics(topics(1, 1), { validateOnly: false }))[0]?.error, 'TOPIC_ALREADY_EXISTS');
  assert.is(log.length, 2);
});

test("ZooKeeper's controllers get a hundred topics a request", async () => {
  const { writer, log } = clientOf(new Map());
  await writer.createTopics(topics(250, 1), { validateOnly: true });
  assert.equal(log, [100, 100, 50]);
});

test('where the lease is lost, no further request is sent', async () => {
  const { writer, log } = clientOf(kraft);
  const beforeRequest = async () => {
    if (log.length > 0) throw new Error('lost');
  };
  const written = writer.createTopics(topics(3, 9_000), { validateOnly: false, beforeRequest });
  assert.match(String(await written.catch(String)), 'lost');
  assert.equal(log, [1]);
});

test.run();
