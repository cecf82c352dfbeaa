import pMap from 'p-map';
import { type ClusterClient, purposes, type Target } from './cluster-client.ts';
import { type RetryLimits, retryLimits, withRetry } from './retry.ts';

/** Clusters have up to some hundred brokers, and each request wants a connection of its own. */
const brokersAtOnce = 8;

export type OneBroker = Extract<Target, { readonly to: 'broker' }>;

/**
 * What every broker of the cluster answers, each asked once. Where one does not answer, it is asked anew who they are, and all
 * of them again: one that was killed is named for some seconds more (`broker.session.timeout.ms`), and others do its work then.
 * Throws its fault where it stays.
 */
export async function askEachBroker<T>(
  client: ClusterClient,
  ask: (broker: OneBroker, limits: RetryLimits) => Promise<T>,
): Promise<readonly T[]> {
  let { brokers } = await client.metadata([]);
  return withRetry(retryLimits.request, client.world, async () => {
    try {
      const askOne = ({ id }: { readonly id: number }) =>
        ask({ to: 'broker', id, purpose: purposes.control }, retryLimits.none);
      return await pMap(brokers, askOne, { concurrency: brokersAtOnce });
    } catch (error) {
      brokers = (await client.metadata([])).brokers;
      throw error;
    }
  });
}
