import { ConfigResourceTypes } from '@platformatic/kafka';
import pMap from 'p-map';
import { brokerFault } from './broker-fault.ts';
import { type ClusterClient, purposes } from './cluster-client.ts';
import { candidate } from './connection.ts';
import { kafkaError } from './error-table.ts';
import { describeConfigsApi } from './raw-describe-configs.ts';

/** Clusters have up to some hundred brokers, and each request wants a connection of its own. */
const brokersAtOnce = 8;
const brokerResource = ConfigResourceTypes.BROKER;
const setting = 'offsets.retention.minutes';
const msOfMinute = 60_000;

/** The shortest `offsets.retention.minutes` of all brokers: any of them may coordinate a group. Null where nobody tells. */
export async function offsetsRetentionMs(client: ClusterClient): Promise<number | null> {
  const { brokers } = await client.metadata([]);
  const told = await pMap(brokers, ({ id }) => retentionOf(client, id), { concurrency: brokersAtOnce });
  const known = told.filter((one) => one !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** Only a broker itself knows its settings. */
async function retentionOf(client: ClusterClient, id: number): Promise<number | null> {
  const resource = { resourceType: brokerResource, resourceName: String(id), configurationKeys: [setting] };
  const request = {
    name: 'DescribeConfigs',
    tolerant: true,
    candidates: [candidate(describeConfigsApi(), [resource], false, false)],
  };
  return client.ask({ to: 'broker', id, purpose: purposes.control }, request, (answer, place) => {
    const [found] = answer;
    const error = found?.error ?? null;
    if (error !== null && kafkaError(error).retry !== 'never') throw brokerFault(place, { errorName: error });
    const minutes = Number(found?.settings.get(setting)?.value ?? Number.NaN);
    return Number.isFinite(minutes) && minutes > 0 ? minutes * msOfMinute : null;
  });
}
