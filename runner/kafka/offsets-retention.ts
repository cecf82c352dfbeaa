import { ConfigResourceTypes } from '@platformatic/kafka';
import { brokerFault } from './broker-fault.ts';
import type { AnswerPlace, ClusterClient } from './cluster-client.ts';
import { candidate } from './connection.ts';
import { askEachBroker, type OneBroker } from './each-broker.ts';
import { kafkaError } from './error-table.ts';
import { type DescribedConfigs, describeConfigsApi } from './raw-describe-configs.ts';
import type { RetryLimits } from './retry.ts';

const brokerResource = ConfigResourceTypes.BROKER;
const setting = 'offsets.retention.minutes';
const msOfMinute = 60_000;

/** The shortest `offsets.retention.minutes` of all brokers: any of them may coordinate a group. Null where nobody tells. */
export async function offsetsRetentionMs(client: ClusterClient): Promise<number | null> {
  const told = await askEachBroker(client, (broker, limits) => retentionOf(client, broker, limits));
  const known = told.filter((one) => one !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** Only a broker itself knows its settings. */
async function retentionOf(client: ClusterClient, broker: OneBroker, limits: RetryLimits): Promise<number | null> {
  const resource = { resourceType: brokerResource, resourceName: String(broker.id), configurationKeys: [setting] };
  const request = {
    name: 'DescribeConfigs',
    tolerant: true,
    candidates: [candidate(describeConfigsApi(), [resource], false, false)],
  };
  const read = ([found]: readonly DescribedConfigs[], place: AnswerPlace) => {
    const error = found?.error ?? null;
    if (error !== null && kafkaError(error).retry !== 'never') throw brokerFault(place, { errorName: error });
    const minutes = Number(found?.settings.get(setting)?.value ?? Number.NaN);
    return Number.isFinite(minutes) && minutes > 0 ? minutes * msOfMinute : null;
  };
  return client.ask(broker, request, read, limits);
}
