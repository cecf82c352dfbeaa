import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'uvu';
import type { TestCluster } from '../clusters/cluster.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { moveLeaders, restartRolling, setClientQuota, whileDown } from '../fixtures/chaos/brokers.ts';
import { type Delivery, deliveries, type Mirroring, trial } from '../fixtures/chaos/trial.ts';
import { type ProducerWish, startVerifiableProducer } from '../fixtures/chaos/verifiable-producer.ts';
import { createTopic, uniqueName } from '../fixtures/records.ts';

const isLong = process.env.KPLAN_TEST_LONG === '1';
/** As often as all of it happens. */
const rounds = isLong ? 3 : 1;
const readOnlyMs = isLong ? 45_000 : 6_000;
const throttledMs = isLong ? 40_000 : 6_000;
/** A connection that is muted for hours is given up on after 45 s, also where the quota has gone. */
const quotaBytesPerSecond = isLong ? 1 : 5_000;
const goesOnMsMax = 180_000;

const three = {
  brokers: 3,
  heapMaxMb: 320,
  properties: { 'broker.session.timeout.ms': 4_000, 'auto.leader.rebalance.enable': false },
} as const;
const [source, target] = await Promise.all([
  startCluster({ name: 'chaos-source', version: '3.9', ...three }),
  startCluster({ name: 'chaos-target', version: '4.1', ...three }),
]);
const clusters: readonly TestCluster[] = [source, target];
const bootstrap = { source: source.bootstrap, target: target.bootstrap };

type Load = Omit<ProducerWish, 'bootstrap' | 'topic'> & { readonly partitions: number };

const zstd = { 'compression.type': 'zstd', 'linger.ms': '20' };
const small: readonly Load[] = [{ partitions: 24, recordsPerSecond: 800, config: zstd }];
/** 200 partitions; batches of one record or few into 80 of them. */
const large: readonly Load[] = [
  { partitions: 120, recordsPerSecond: 1_000, config: zstd },
  { partitions: 80, recordsPerSecond: 300, config: { 'linger.ms': '0' } },
];

interface Setting {
  /** The long run tries both. */
  readonly delivery: Delivery;
  /** Default: small. */
  readonly loads?: readonly Load[];
  /** min.insync.replicas of the target's topics, which have three replicas. Default 2. */
  readonly inSyncMin?: number;
}

type Trouble = (mirroring: Mirroring, topics: readonly string[]) => Promise<void>;

/** What a flow between the two clusters must live through while Kafka's own producers write to the source. */
function underLoad(what: string, setting: Setting, trouble: Trouble): void {
  for (const delivery of isLong ? deliveries : [setting.delivery]) {
    test(`${what}, ${delivery}`, () => tryOut({ ...setting, delivery }, trouble));
  }
}

async function tryOut({ loads = small, inSyncMin = 2, delivery }: Setting, trouble: Trouble): Promise<void> {
  const topics = loads.map((load) => ({ ...load, topic: uniqueName('chaos') }));
  for (const { topic, partitions } of topics) {
    await createTopic(bootstrap.source, topic, { partitions, ...replicated(2) });
  }
  const producers = await Promise.all(
    topics.map(async (wish) => ({
      topic: wish.topic,
      producer: await startVerifiableProducer({ bootstrap: bootstrap.source, ...wish }),
    })),
  );
  async function stop(): Promise<ReadonlyMap<string, number>> {
    const counts = producers.map(async ({ topic, producer }) => [topic, await producer.stop()] as const);
    return new Map(await Promise.all(counts));
  }
  const targetSettings = replicated(inSyncMin);
  const options = { bootstrap, topics, targetSettings, replicationFactor: 3, delivery, startLoad: () => ({ stop }) };
  const names = topics.map(({ topic }) => topic);
  await trial(options, (mirroring) => trouble(mirroring, names));
}

function replicated(inSyncMin: number) {
  return { replicationFactor: 3, config: { 'min.insync.replicas': String(inSyncMin) } };
}

underLoad(
  'rolling restarts of both sides, 200 partitions',
  { delivery: 'transactional', loads: large },
  async (mirroring) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const cluster of clusters) {
        await restartRolling(cluster);
        await mirroring.progresses(`${cluster.name} restarted`, goesOnMsMax);
      }
    }
  },
);

underLoad('brokers are killed', { delivery: 'idempotent' }, async (mirroring) => {
  for (const cluster of clusters) {
    for (const broker of cluster.brokers.slice(0, rounds)) {
      await whileDown(cluster, broker, 'SIGKILL', () =>
        mirroring.progresses(`a broker of ${cluster.name} is dead`, goesOnMsMax),
      );
    }
  }
});

underLoad(
  'a target that takes nothing while one of its brokers is down',
  { delivery: 'transactional', inSyncMin: 3 },
  async (mirroring) => {
    for (const broker of target.brokers.slice(0, rounds)) {
      await whileDown(target, broker, 'SIGTERM', () => pause(readOnlyMs));
      await mirroring.progresses(`read-only for ${readOnlyMs} ms`, goesOnMsMax);
    }
  },
);

underLoad('leaders move, by reassignment and election', { delivery: 'idempotent' }, async (mirroring, topics) => {
  for (let round = 0; round < rounds; round += 1) {
    for (const cluster of clusters) {
      await moveLeaders(cluster, topics);
      await mirroring.progresses(`leaders of ${cluster.name} moved`, goesOnMsMax);
    }
  }
});

underLoad(
  `quotas of ${quotaBytesPerSecond} bytes a second hold the client back, and are lifted`,
  { delivery: 'transactional' },
  async (mirroring) => {
    const quotas = { producer_byte_rate: quotaBytesPerSecond, consumer_byte_rate: quotaBytesPerSecond };
    for (const cluster of clusters) {
      await setClientQuota(cluster, 'kplan', quotas);
      await pause(throttledMs);
      await setClientQuota(cluster, 'kplan', null);
      await mirroring.progresses(`${cluster.name} throttled for ${throttledMs} ms`, goesOnMsMax);
    }
  },
);

test.after(async () => {
  await Promise.all(clusters.map((cluster) => cluster.stop()));
});

test.run();
