import { setTimeout as wait } from 'node:timers/promises';
import { apiVersionsV3, Connection, metadataV9 } from '@platformatic/kafka';

const readyTimeoutMs = 120_000;
const pollIntervalMs = 50;
const requestTimeoutMs = 5_000;

/** What one broker tells about its cluster. */
export interface ClusterView {
  readonly clusterId: string | null | undefined;
  readonly brokerIds: readonly number[];
}

/** Asks the broker at `server` (host:port, plain) for Metadata v9 (Kafka 2.4 and later). */
export function askCluster(server: string): Promise<ClusterView> {
  return withConnection(server, async (connection) => {
    const { clusterId, brokers } = await metadataV9.api.async(connection, []);
    return { clusterId, brokerIds: brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b) };
  });
}

/** The highest version of each API (by its key) that the broker at `server` speaks. */
export function apiVersionsOf(server: string): Promise<ReadonlyMap<number, number>> {
  return withConnection(server, async (connection) => {
    const { apiKeys } = await apiVersionsV3.api.async(connection, 'kplan-test', '0');
    return new Map(apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]));
  });
}

async function withConnection<T>(server: string, ask: (connection: Connection) => Promise<T>): Promise<T> {
  const at = server.lastIndexOf(':');
  const connection = new Connection('kplan-test', {
    connectTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
  });
  try {
    await connection.connect(server.slice(0, at), Number(server.slice(at + 1)));
    return await ask(connection);
  } finally {
    await connection.close();
  }
}

/**
 * Waits until each of `servers` sees all of `brokerIds`. Throws after two minutes, or as soon as `hasDied` says that there is
 * nothing to wait for.
 */
export async function waitUntilReady(
  servers: readonly string[],
  brokerIds: readonly number[],
  hasDied: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  for (const server of servers) {
    let seen = 'no answer';
    while (seen !== brokerIds.join()) {
      if (await hasDied()) {
        throw new Error('a broker died while starting');
      }
      if (Date.now() > deadline) {
        throw new Error(
          `${server} was not ready within ${readyTimeoutMs} ms; expected brokers ${brokerIds}, last: ${seen}`,
        );
      }
      await wait(pollIntervalMs);
      seen = await askCluster(server).then(
        (view) => view.brokerIds.join(),
        (error: Error) => error.message,
      );
    }
  }
}
