import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Kafka has quotas for users, client ids and both (KIP-546), and for addresses alone (KIP-612). */
export function checkQuotas(planFile: PlanFile): PlacedMistake[] {
  return Object.entries(planFile.quotas ?? {}).flatMap(([cluster, quotas]) =>
    quotas.flatMap(({ entity }, index) => {
      if (entity.ip === undefined || (entity.user === undefined && entity.clientId === undefined)) return [];
      const pointer = ['quotas', cluster, index, 'entity', 'ip'];
      return [
        { code: 'KP1130', pointer, at: 'key', summary: '`ip` stands together with a user or client id.' } as const,
      ];
    }),
  );
}
