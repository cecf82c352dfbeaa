import { Reader } from '@platformatic/kafka';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClusterClient } from '../../../runner/kafka/cluster-client.ts';
import { openTopicWriter } from '../../../runner/kafka/topic-writer.ts';

/** Counts the topics of each request; every topic answers that all is well. */
function clientOf(features: ReadonlyMap<string, object>) {
  const log: (number | string)[] = [];
  const connection = {
    send(_key: number, _version: number, payload: () => { readonly buffer: Buffer }, ...[, , , answer]: Answer[]) {
      log.push(Reader.from(payload().buffer).readUnsignedVarInt() - 1);
      answer?.(null, { topics: [] });
    },
  };
  const client = {
    abilities: async () => ({ versions: new Map(), features }),
    async ask(_target: unknown, { candidates: [first] }: AskedRequest, read: (answer: unknown) => unknown) {
      return read(await first.send(connection));
    },
  };
  return { writer: openTopicWriter(client as unknown as ClusterClient), log };
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
