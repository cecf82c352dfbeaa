import type { PlanFile, PresentQuota, QuotaEntity } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** The only limit that an address can have (KIP-612), and that nothing else can. */
const addressLimit = 'connection_creation_rate';

/**
 * The largest whole number that each limit holds, of org.apache.kafka.server.config.QuotaConfig: LONG for byte rates, INT
 * for connections; what is missing here is a double. Above 2^53 a number of YAML is no longer exact.
 */
const wholeMax: Readonly<Record<string, number>> = {
  producer_byte_rate: Number.MAX_SAFE_INTEGER,
  consumer_byte_rate: Number.MAX_SAFE_INTEGER,
  connection_creation_rate: 2_147_483_647,
};

/** Kafka has quotas for users, client ids and both (KIP-546), and for addresses alone (KIP-612), each with limits of its own. */
export function checkQuotas(planFile: PlanFile): PlacedMistake[] {
  return Object.entries(planFile.quotas ?? {}).flatMap(([cluster, quotas]) =>
    quotas.flatMap((quota, index): PlacedMistake[] => {
      const pointer = ['quotas', cluster, index];
      if (isMixed(quota.entity)) {
        const summary = '`ip` stands together with a user or client id.';
        return [{ code: 'KP1130', pointer: [...pointer, 'entity', 'ip'], at: 'key', summary }];
      }
      return 'limits' in quota ? limitMistakes(quota, pointer) : [];
    }),
  );
}

function isMixed(entity: QuotaEntity): boolean {
  return entity.ip !== undefined && (entity.user !== undefined || entity.clientId !== undefined);
}

function limitMistakes({ entity, limits }: PresentQuota, quota: readonly (string | number)[]): PlacedMistake[] {
  const isAddress = entity.ip !== undefined;
  return Object.entries(limits).flatMap(([name, value]: [string, number]): PlacedMistake[] => {
    const pointer = [...quota, 'limits', name];
    if (isAddress !== (name === addressLimit)) {
      const whose = isAddress ? 'an address' : 'a user or client id';
      return [{ code: 'KP1131', pointer, at: 'key', summary: `\`${name}\` is no limit of ${whose}.` }];
    }
    const max = wholeMax[name];
    if (max === undefined || (Number.isInteger(value) && value <= max)) return [];
    const summary = Number.isInteger(value)
      ? `\`${name}\` is above ${max}, the most that can be had.`
      : `\`${name}\` must be a whole number.`;
    return [{ code: 'KP1132', pointer, at: 'value', summary }];
  });
}
