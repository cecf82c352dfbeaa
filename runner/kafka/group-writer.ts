import { offsetDeleteV0 } from '@platformatic/kafka';
import type { GroupWriter } from '../ports.ts';
import { brokerFault } from './broker-fault.ts';
import type { ClusterClient } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';

/** A group that is gone has no commits: nothing is left to delete. */
const goneAlready: ReadonlySet<string> = new Set(['GROUP_ID_NOT_FOUND', 'UNKNOWN_TOPIC_OR_PARTITION']);

export function openGroupWriter(client: ClusterClient): GroupWriter {
  return {
    async deleteOffsets(group, partitions) {
      const topics = [...Map.groupBy(partitions, (one) => one.topic)].map(([name, ofTopic]) => ({
        name,
        partitions: ofTopic.map((one) => ({ partitionIndex: one.partition })),
      }));
      const request: Request<offsetDeleteV0.OffsetDeleteResponse> = {
        name: 'OffsetDelete',
        resource: group,
        tolerant: true,
        candidates: [candidate(offsetDeleteV0.api, group, topics)],
      };
      await client.ask({ to: 'coordinator', kind: 'group', key: group }, request, (answer, place) => {
        const codes = answer.topics.flatMap((topic) => topic.partitions.map((one) => one.errorCode));
        for (const error of [answer.errorCode, ...codes].map(errorName)) {
          if (error !== null && !goneAlready.has(error))
            throw brokerFault(place, { errorName: error, resource: group });
        }
      });
    },
  };
}
