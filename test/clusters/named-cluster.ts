import type { TestBroker, TestCluster } from './cluster.ts';
import type { ResolvedClusterOptions } from './options.ts';
import { askCluster } from './ready.ts';

/** Brokers that KPLAN_TEST_BOOTSTRAP named. They are the user's: tests can neither stop nor restart them. */
export async function namedCluster(
  { name, version }: Pick<ResolvedClusterOptions, 'name' | 'version'>,
  bootstrap: readonly string[],
): Promise<TestCluster> {
  await askCluster(bootstrap[0] ?? '').catch((error: Error) => {
    throw new Error(`KPLAN_TEST_BOOTSTRAP: cluster ${name} does not answer at ${bootstrap[0]}: ${error.message}`);
  });
  return {
    name,
    version,
    release: undefined,
    origin: 'named',
    bootstrap,
    internalBootstrap: bootstrap,
    brokers: bootstrap.map((server, index) => unstoppableBroker(name, server, index + 1)),
    stop: async () => undefined,
  };
}

/** A broker that a test may use but not stop: it isn't this process's. */
export function unstoppableBroker(clusterName: string, server: string, id: number): TestBroker {
  const at = server.lastIndexOf(':');
  async function refuse(): Promise<void> {
    throw new Error(`cluster ${clusterName} is shared: a test that stops brokers starts a cluster of its own`);
  }
  return {
    id,
    host: server.slice(0, at),
    port: Number(server.slice(at + 1)),
    pid: undefined,
    stop: refuse,
    start: refuse,
  };
}
