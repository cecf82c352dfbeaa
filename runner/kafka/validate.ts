import type { Planned, PlannedRequests, Refusal } from '../../src/cluster/requests.ts';
import { entityKey } from '../../src/resources/quota/live-quota.ts';
import type { ClusterClient } from './cluster-client.ts';
import { isPassing } from './error-table.ts';
import { openQuotaWriter } from './quota-writer.ts';
import { openTopicWriter } from './topic-writer.ts';

const validateOnly = { validateOnly: true } as const;

/** What the brokers would refuse of these requests: each is sent with `validateOnly`. Throws a ClusterFault. */
export async function validate(client: ClusterClient, requests: PlannedRequests): Promise<readonly Refusal[]> {
  const [topics, quotas] = [openTopicWriter(client), openQuotaWriter(client)];
  const { CreateTopics, CreatePartitions, IncrementalAlterConfigs, AlterClientQuotas } = requests;
  const [created, grown, altered, limited] = [
    await topics.createTopics(CreateTopics, validateOnly),
    await topics.createPartitions(CreatePartitions, validateOnly),
    await topics.alterTopicSettings(IncrementalAlterConfigs, validateOnly),
    await quotas.alterQuotas(AlterClientQuotas, validateOnly),
  ];
  const addresses = new Map(AlterClientQuotas.map((one) => [entityKey(one.entity), one.address]));
  return [
    ...refused('CreateTopics', byTopic(CreateTopics), created),
    ...refused('CreatePartitions', byTopic(CreatePartitions), grown),
    ...refused('IncrementalAlterConfigs', byTopic(IncrementalAlterConfigs), altered),
    ...refused(
      'AlterClientQuotas',
      addresses,
      limited.map((one) => ({ ...one, topic: one.entityKey })),
    ),
  ];
}

function byTopic(part: readonly Planned<{ readonly topic: string }>[]): ReadonlyMap<string, string> {
  return new Map(part.map((one) => [one.topic, one.address]));
}

interface Answer {
  readonly topic: string;
  readonly error: string | null;
  readonly message?: string;
}

function refused(
  request: Refusal['request'],
  addresses: ReadonlyMap<string, string>,
  answers: readonly Answer[],
): Refusal[] {
  return answers.flatMap(({ topic, error, message }) => {
    const address = addresses.get(topic);
    if (error === null || address === undefined) return [];
    return [{ address, request, error, isPassing: isPassing(error), ...(message === undefined ? {} : { message }) }];
  });
}
