import { metadataV9, metadataV11, metadataV12 } from '@platformatic/kafka';
import { operationsOf } from './acl-codes.ts';
import type { ClusterClient } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';

/** Topics a request: the broker asks its authorizer some eight times for each. */
const topicsPerRequest = 2_000;

/**
 * What kplan may do with each of these topics (KIP-430). Where there is no authorizer, everything; a topic is absent that
 * vanished, or of which the broker did not tell. Throws a ClusterFault.
 */
export async function topicOperations(
  client: ClusterClient,
  topics: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const alike = new Map<number, readonly string[] | undefined>();
  for (let start = 0; start < topics.length; start += topicsPerRequest) {
    const bits = await client.ask({ to: 'any' }, request(topics.slice(start, start + topicsPerRequest)), (answer) =>
      answer.topics.map((topic) => [topic.name, topic.topicAuthorizedOperations] as const),
    );
    for (const [name, field] of bits) {
      if (!alike.has(field)) alike.set(field, operationsOf(field));
      const operations = alike.get(field);
      if (typeof name === 'string' && operations !== undefined) found.set(name, operations);
    }
  }
  return found;
}

function request(topics: readonly string[]): Request<metadataV12.MetadataResponse> {
  const wanted = [...topics];
  return {
    name: 'Metadata',
    tolerant: true,
    candidates: [
      candidate(metadataV12.api, wanted, false, true),
      candidate(metadataV11.api, wanted, false, true),
      candidate(metadataV9.api, wanted, false, true),
    ],
  };
}
