import {
  type alterClientQuotasV1 as AlterClientQuotas,
  alterClientQuotasV0,
  alterClientQuotasV1,
} from '@platformatic/kafka';
import type { QuotaAlteration } from '../../src/cluster/requests.ts';
import { entityKey } from '../../src/resources/quota/live-quota.ts';
import type { QuotaOutcome, QuotaWriter } from '../ports.ts';
import { brokerFault } from './broker-fault.ts';
import type { AnswerPlace, ClusterClient } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import { protocolEntity, quotaEntity } from './quota-entities.ts';

export const quotaWriterLimits = {
  /** Each makes up to five records of the controller's log, which takes 10,000 in one batch. */
  entitiesPerRequest: 500,
} as const;

/** AlterClientQuotas (KIP-546): whole or nothing for each entity; what a broker says to one of them is a value. */
export function openQuotaWriter(client: ClusterClient): QuotaWriter {
  return {
    async alterQuotas(alterations, { validateOnly }) {
      const found: QuotaOutcome[] = [];
      for (let start = 0; start < alterations.length; start += quotaWriterLimits.entitiesPerRequest) {
        const entries = alterations.slice(start, start + quotaWriterLimits.entitiesPerRequest).map(entryOf);
        const request: Request<AlterClientQuotas.AlterClientQuotasResponse> = {
          name: 'AlterClientQuotas',
          tolerant: true,
          candidates: [
            candidate(alterClientQuotasV1.api, entries, validateOnly),
            candidate(alterClientQuotasV0.api, entries, validateOnly),
          ],
        };
        found.push(...(await client.ask({ to: 'controller' }, request, outcomes)));
      }
      return found;
    },
  };
}

function entryOf({ entity, limits }: QuotaAlteration): AlterClientQuotas.AlterClientQuotasRequestEntry {
  return { entities: protocolEntity(entity), ops: Object.entries(limits).flatMap(opOf) };
}

/** A limit that Kafka does not know is none that the schema lets through, and none that a broker would have. */
function opOf([name, value]: readonly [string, number | null]): AlterClientQuotas.AlterClientQuotasRequestOp[] {
  const key = limitKeys.find((one) => one === name);
  if (key === undefined) return [];
  return [value === null ? { key, remove: true } : { key, value, remove: false }];
}

const limitKeys = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
  'connection_creation_rate',
] as const;

/** NOT_CONTROLLER concerns the request: thrown, so that it is sent again to the new controller. */
function outcomes(answer: AlterClientQuotas.AlterClientQuotasResponse, place: AnswerPlace): QuotaOutcome[] {
  return answer.entries.flatMap(({ entity, errorCode, errorMessage }) => {
    const error = errorName(errorCode);
    if (error === 'NOT_CONTROLLER') throw brokerFault(place, { errorName: error });
    const known = quotaEntity(entity);
    if (known === null) return [];
    return [
      {
        entityKey: entityKey(known),
        error,
        ...(errorMessage === null || errorMessage === undefined || error === null ? {} : { message: errorMessage }),
      },
    ];
  });
}
