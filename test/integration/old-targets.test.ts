import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TestCluster } from '../clusters/cluster.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { expectVerified } from '../fixtures/apply/expect-verified.ts';
import { type PlanPlace, planPlace } from '../fixtures/apply/plan-place.ts';
import {
  createTopic,
  produceRecords,
  type RecordToProduce,
  readAll,
  type TopicRecord,
  uniqueName,
} from '../fixtures/records.ts';

/** Kafka 2.8 in the middle of an upgrade from 2.0: what its brokers say to each other is that of 2.0, which had no zstd. */
let target: TestCluster;
const places: PlanPlace[] = [];
const config = { 'retention.ms': '-1' };

test.before(async () => {
  const properties = { 'inter.broker.protocol.version': '2.0', 'log.message.format.version': '2.0' };
  target = await startCluster({ name: 'old', version: '2.8', properties });
});

test.after(async () => {
  await target?.stop();
  await Promise.all(places.map((place) => place.remove()));
});

function numbered(what: string, count: number): RecordToProduce[] {
  return Array.from({ length: count }, (_, index) => ({
    key: Buffer.from(`${index}`),
    value: index % 10 === 3 ? null : Buffer.from(`${what} ${index} `.repeat(50)),
  }));
}

/** Has a plan file that mirrors the topic to the old cluster. */
async function placeOf(topic: string, delivery: string): Promise<PlanPlace> {
  const { source } = await sharedClusters();
  const place = await planPlace({ prefix: 'old-target', clusters: { recent: source, old: target } });
  places.push(place);
  await place.write({
    flows: [{ name: 'f', source: 'recent', target: 'old', topics: { include: [topic] }, delivery }],
  });
  return place;
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`zstd goes as lz4 into Kafka 2.8 that speaks as 2.0, and is told (${delivery})`, async () => {
    const topic = uniqueName('zstd');
    const place = await placeOf(topic, delivery);
    const { bootstrap } = (await sharedClusters()).source;
    await createTopic(bootstrap, topic, { config });
    for (const codec of ['gzip', 'zstd', 'none', 'zstd'] as const) {
      await produceRecords({ bootstrap, topic, codec, recordsPerBatch: 100 }, numbered(codec, 500));
    }
    const first = await place.apply();
    assert.is(first.code, 0, first.printed);
    assert.is(first.io.out().split('"code":"KP5025"').length, 2, first.printed);
    const shown = ({ key, value, timestamp }: TopicRecord) => [key?.toString(), value?.toString(), timestamp];
    const written = await readAll({ bootstrap, topic });
    const arrived = await readAll({ bootstrap: target.bootstrap, topic });
    assert.is(arrived.length, 2_000);
    assert.equal(arrived.map(shown), written.map(shown));
    await expectVerified(place);
  });
}

test.run();
