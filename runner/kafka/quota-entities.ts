import type { QuotaEntity } from '../../src/cluster/snapshot.ts';

/** The protocol has null for the default entity, which plan files and Kafka's tools call so. */
const defaultName = '<default>';

const entityTypes = { user: 'user', clientId: 'client-id', ip: 'ip' } as const satisfies Record<
  keyof QuotaEntity,
  string
>;

export interface ProtocolEntity {
  readonly entityType: (typeof entityTypes)[keyof QuotaEntity];
  readonly entityName: string | null;
}

export function protocolEntity(entity: QuotaEntity): ProtocolEntity[] {
  return (['user', 'clientId', 'ip'] as const).flatMap((part) => {
    const name = entity[part];
    if (name === undefined) return [];
    return [{ entityType: entityTypes[part], entityName: name === defaultName ? null : name }];
  });
}

/** As answers have it: the library leaves a null out, or not. */
interface AnsweredEntity {
  readonly entityType: string;
  readonly entityName?: string | null | undefined;
}

/** null for an entity with a part that this version does not know. */
export function quotaEntity(parts: readonly AnsweredEntity[]): QuotaEntity | null {
  const named = new Map(parts.map((one) => [one.entityType, one.entityName ?? defaultName]));
  const [user, clientId, ip] = [named.get('user'), named.get('client-id'), named.get('ip')];
  const known = [user, clientId, ip].filter((one) => one !== undefined).length;
  if (known !== parts.length || known === 0) return null;
  return {
    ...(user === undefined ? {} : { user }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(ip === undefined ? {} : { ip }),
  };
}
