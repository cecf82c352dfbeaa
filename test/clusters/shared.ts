import type { TestCluster } from './cluster.ts';
import { unstoppableBroker } from './named-cluster.ts';
import { prepareClassArchive, startCluster } from './start-cluster.ts';

/** The clusters that one run starts once for all its integration tests, one broker each. Tests use topics of their own. */
export interface SharedClusters {
  /** Kafka 3.9. */
  readonly source: TestCluster;
  /** Kafka 4.1. */
  readonly target: TestCluster;
}

type SharedDescription = { readonly [Name in keyof SharedClusters]: Omit<TestCluster, 'brokers' | 'stop'> };

/** Environment variable in which the runner passes the shared clusters to its test files. */
export const sharedVariable = 'KPLAN_TEST_SHARED';

let shared: Promise<SharedClusters> | undefined;

/** The shared clusters: the run's, or, in a file run by hand, its own. They need no stop: they end with the process. */
export function sharedClusters(): Promise<SharedClusters> {
  shared ??= obtain(process.env[sharedVariable]);
  return shared;
}

async function obtain(description: string | undefined): Promise<SharedClusters> {
  return description === undefined ? startSharedClusters() : parse(description);
}

/** The cleaner looks at once instead of every 15 s: tests of compacted topics need no brokers of their own. */
const properties = { 'log.cleaner.backoff.ms': 100 };

/** Starts both at once, before that one of each version for their class archives, where those are not there yet. */
export async function startSharedClusters(): Promise<SharedClusters> {
  if (process.env.KPLAN_TEST_BOOTSTRAP === undefined) {
    await Promise.all([prepareClassArchive('3.9'), prepareClassArchive('4.1')]);
  }
  const [source, target] = await Promise.allSettled([
    startCluster({ name: 'source', version: '3.9', properties }),
    startCluster({ name: 'target', version: '4.1', properties }),
  ]);
  if (source.status === 'fulfilled' && target.status === 'fulfilled') {
    return { source: source.value, target: target.value };
  }
  for (const result of [source, target]) {
    if (result.status === 'fulfilled') {
      await result.value.stop();
    }
  }
  throw source.status === 'rejected' ? source.reason : target.status === 'rejected' ? target.reason : undefined;
}

/** What `sharedVariable` holds for these clusters. */
export function describeShared({ source, target }: SharedClusters): string {
  return JSON.stringify({ source, target });
}

function parse(description: string): SharedClusters {
  const { source, target } = JSON.parse(description) as SharedDescription;
  return { source: borrowed(source), target: borrowed(target) };
}

function borrowed(described: SharedDescription['source']): TestCluster {
  return {
    ...described,
    brokers: described.bootstrap.map((server, index) => unstoppableBroker(described.name, server, index + 1)),
    stop: async () => undefined,
  };
}
