import type { Action } from '../../../src/execution-plan/execution-plan.ts';
import type { LiveCluster } from './live.ts';
import type { Step } from './step.ts';

const name = 'billing';
const user = `${name},OU=a b*`;
const encodedUser = `${name}%2COU%3Da%20b%2A`;

/** Every kind of entity: as the plan file writes it, in an address, and as Kafka tells it. */
const entities = {
  user: { is: { user }, address: `user%3D${encodedUser}`, live: `user=${user}` },
  client: { is: { clientId: name }, address: `client-id%3D${name}`, live: `client-id=${name}` },
  both: {
    is: { user, clientId: name },
    address: `user%3D${encodedUser}%2Cclient-id%3D${name}`,
    live: `client-id=${name},user=${user}`,
  },
  anyUser: {
    is: { user: '<default>', clientId: name },
    address: `user%3D%3Cdefault%3E%2Cclient-id%3D${name}`,
    live: `client-id=${name},user=<default>`,
  },
  anyClient: {
    is: { user, clientId: '<default>' },
    address: `user%3D${encodedUser}%2Cclient-id%3D%3Cdefault%3E`,
    live: `client-id=<default>,user=${user}`,
  },
  everyUser: { is: { user: '<default>' }, address: 'user%3D%3Cdefault%3E', live: 'user=<default>' },
  everyClient: { is: { clientId: '<default>' }, address: 'client-id%3D%3Cdefault%3E', live: 'client-id=<default>' },
  /** 198.18.0.0/15 is nobody's (RFC 2544). */
  ip: { is: { ip: '198.18.0.7' }, address: 'ip%3D198.18.0.7', live: 'ip=198.18.0.7' },
  everyIp: { is: { ip: '<default>' }, address: 'ip%3D%3Cdefault%3E', live: 'ip=<default>' },
} as const;

type EntityName = keyof typeof entities;
type Limits = Readonly<Record<string, number>>;

/** By entity: its limits, or that it has to go; what lives afterwards where that is more or less than what is wanted. */
interface Row {
  readonly what: string;
  readonly outside?: () => Promise<unknown>;
  readonly quotas: Readonly<Partial<Record<EntityName, Limits | 'absent'>>>;
  readonly changes: Readonly<Partial<Record<EntityName, Action>>>;
  readonly lives: Readonly<Partial<Record<EntityName, Limits>>>;
  readonly told?: readonly string[];
}

const first: Readonly<Record<EntityName, Limits>> = {
  user: { consumer_byte_rate: 2_000_000, producer_byte_rate: 1e6, request_percentage: 12.5 },
  client: { consumer_byte_rate: Number.MAX_SAFE_INTEGER },
  both: { controller_mutation_rate: 0.1 },
  anyUser: { producer_byte_rate: 123_456_789_012 },
  anyClient: { producer_byte_rate: 1 },
  everyUser: { request_percentage: 1_000 },
  everyClient: { consumer_byte_rate: 1e9 },
  ip: { connection_creation_rate: 2_147_483_647 },
  everyIp: { connection_creation_rate: 1_000 },
};
const all = (action: Action) => mapped(() => action);
const changed: Readonly<Record<EntityName, Limits>> = {
  ...first,
  user: { producer_byte_rate: 3_000_000, request_percentage: 12.5 },
  ip: { connection_creation_rate: 1 },
  both: { controller_mutation_rate: 0.2, producer_byte_rate: 7 },
};
const foreign: Limits = { controller_mutation_rate: 5 };

function rowsOf({ admin }: LiveCluster): readonly Row[] {
  const setByHand = { entity: { user }, limits: foreign };
  const userAndForeign = { ...changed.user, ...foreign };
  return [
    { what: 'set', quotas: first, changes: all('create'), lives: first },
    {
      what: 'one changed, one added, one removed; a limit that others set stays',
      outside: () => admin.quotas.alterQuotas([setByHand], { validateOnly: false }),
      quotas: changed,
      changes: { user: 'update', both: 'update', ip: 'update' },
      lives: { ...changed, user: userAndForeign },
    },
    {
      what: 'left alone when they leave the file',
      quotas: { user: changed.user },
      changes: {},
      lives: { ...changed, user: userAndForeign },
      told: ['KP2115'],
    },
    { what: 'absent', quotas: mapped(() => 'absent'), changes: all('delete'), lives: {} },
    { what: 'absent, and not there', quotas: mapped(() => 'absent'), changes: {}, lives: {} },
  ];
}

function mapped<V>(of: (name: EntityName) => V): Readonly<Record<EntityName, V>> {
  const names = Object.keys(entities) as EntityName[];
  return Object.fromEntries(names.map((key) => [key, of(key)])) as Record<EntityName, V>;
}

/** Every way in which the quotas of every kind of entity change. */
export function quotaSteps(live: LiveCluster): readonly Step[] {
  return rowsOf(live).map(({ quotas, changes, lives, ...row }) => ({
    ...row,
    wish: {
      quotas: {
        only: entriesOf(quotas).map(([key, wanted]) => ({
          entity: entities[key].is,
          ...(wanted === 'absent' ? { state: 'absent' } : { limits: wanted }),
        })),
      },
    },
    changes: Object.fromEntries(
      entriesOf(changes).map(([key, action]) => [`quota/only/${entities[key].address}`, action]),
    ),
    lives: [
      [() => live.quotas(), Object.fromEntries(entriesOf(lives).map(([key, limits]) => [entities[key].live, limits]))],
    ],
  }));
}

function entriesOf<V>(record: Readonly<Partial<Record<EntityName, V>>>): readonly (readonly [EntityName, V])[] {
  return Object.entries(record) as [EntityName, V][];
}
