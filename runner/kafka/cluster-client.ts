import { findCoordinatorV3, findCoordinatorV4 } from '@platformatic/kafka';
import { brokerFault } from './broker-fault.ts';
import { ClusterFault, clusterFault } from './cluster-fault.ts';
import { type BrokerAbilities, type BrokerConnection, candidate, type Request } from './connection.ts';
import { type ConnectionPool, connectionPool, type Purpose } from './connection-pool.ts';
import { errorName } from './error-table.ts';
import { type ClusterMetadata, clusterMetadata, metadataRequest } from './metadata.ts';
import { type RetryLimits, type RetryWorld, retryLimits, withRetry } from './retry.ts';
import { type Address, addressText, type ConnectionSettings, parseAddress, reachedAt } from './settings.ts';

/** Purposes of connections; see ConnectionPool. A producer has its own (`produce <lane> <transactional id>`). */
export const purposes = {
  control: { name: 'control', connectionsMax: 1 },
  coordinator: { name: 'coordinator', connectionsMax: 1 },
  fetch: { name: 'fetch', connectionsMax: 8, carries: 'records' },
  /** Of many topics: a broker takes longer to find them than we to read them, and a connection's requests one by one. */
  settings: { name: 'settings', connectionsMax: 2 },
} as const satisfies Readonly<Record<string, Purpose>>;

export type CoordinatorKind = 'group' | 'transaction';

/** One cluster: who is its controller, leader or coordinator, and requests to them, repeated as the error table says. */
export interface ClusterClient {
  readonly settings: ConnectionSettings;
  readonly world: RetryWorld;
  /** Abilities of the broker that answered first. */
  abilities(): Promise<BrokerAbilities>;
  /** Asks anew. Single topics' errors are values. */
  metadata(topics: readonly string[] | null): Promise<ClusterMetadata>;
  /**
   * Sends to any broker, the controller, the broker with this id, or the coordinator of this key, and repeats both
   * sending and `read` (which throws a ClusterFault for errors in the answer) within `limits`.
   */
  ask<R, T>(
    target: Target,
    request: Request<R>,
    read: (answer: R, place: AnswerPlace) => T,
    limits?: RetryLimits,
  ): Promise<T>;
  close(): Promise<void>;
}

export type Target =
  | { readonly to: 'any'; readonly purpose?: Purpose }
  | { readonly to: 'controller' }
  | { readonly to: 'broker'; readonly id: number; readonly purpose: Purpose }
  | { readonly to: 'coordinator'; readonly kind: CoordinatorKind; readonly key: string };

/** Where an answer came from, for the faults that are made of it. */
export interface AnswerPlace {
  readonly cluster: string;
  readonly request: string;
  readonly broker: string;
}

/** Nothing is connected before the first request. */
export function clusterClient(
  settings: ConnectionSettings,
  world: RetryWorld,
  pool: ConnectionPool = connectionPool(settings),
): ClusterClient {
  const brokers = new Map<number, Address>();
  const coordinators = new Map<string, number>();
  let controller = -1;
  let answeredFirst: BrokerAbilities | undefined;
  let preferred: Address | undefined;
  let closed = false;

  /** As long as nothing ever answered, an address is wrong rather than a broker down. */
  function within(limits: RetryLimits): RetryLimits {
    return answeredFirst !== undefined ? limits : retryLimits.connect;
  }

  async function once<R>(
    address: Address,
    purpose: Purpose,
    request: Request<R>,
  ): Promise<{ answer: R; connection: BrokerConnection }> {
    if (closed) throw closedFault(settings.cluster, request.name);
    return pool.use(reachedAt(settings, address), purpose, async (connection) => {
      const answer = await connection.send(request);
      answeredFirst ??= connection.abilities;
      return { answer, connection };
    });
  }

  /** The address that answered last, the bootstrap addresses in turn, then every broker that the cluster has named. */
  async function fromAny<R>(
    request: Request<R>,
    purpose: Purpose = purposes.control,
  ): Promise<{ answer: R; connection: BrokerConnection }> {
    const faults: ClusterFault[] = [];
    for (const address of eachOnce([preferred, ...bootstrapAddresses(settings), ...brokers.values()])) {
      try {
        const answered = await once(address, purpose, request);
        preferred = address;
        return answered;
      } catch (error) {
        if (!(error instanceof ClusterFault)) throw error;
        faults.push(error);
        if (!isAboutAddress(error)) break;
      }
    }
    throw worst(settings.cluster, request.name, faults);
  }

  async function learn(topics: readonly string[] | null): Promise<ClusterMetadata> {
    const { answer } = await fromAny(metadataRequest(topics));
    const metadata = clusterMetadata(answer);
    for (const { id, host, port } of metadata.brokers) brokers.set(id, { host, port });
    controller = metadata.controller;
    return metadata;
  }

  async function addressOf(id: number, request: string): Promise<Address> {
    if (!brokers.has(id)) await learn([]);
    const address = brokers.get(id);
    if (address !== undefined) return address;
    const place = { cluster: settings.cluster, request };
    throw brokerFault(place, { errorName: 'BROKER_NOT_AVAILABLE', message: `broker ${id} is not in the cluster now` });
  }

  async function coordinatorOf(kind: CoordinatorKind, key: string): Promise<number> {
    const cacheKey = `${kind} ${key}`;
    const cached = coordinators.get(cacheKey);
    if (cached !== undefined) return cached;
    const { answer, connection } = await fromAny(findCoordinatorRequest(kind, key));
    const [found] = answer.coordinators;
    const place = { cluster: settings.cluster, request: 'FindCoordinator', broker: connection.address };
    if (found === undefined) throw brokerFault(place, { errorName: 'COORDINATOR_NOT_AVAILABLE', resource: key });
    const error = errorName(found.errorCode);
    if (error !== null) throw brokerFault(place, { errorName: error, message: found.errorMessage, resource: key });
    brokers.set(found.nodeId, { host: found.host, port: found.port });
    coordinators.set(cacheKey, found.nodeId);
    return found.nodeId;
  }

  async function sendTo<R>(target: Target, request: Request<R>): Promise<{ answer: R; connection: BrokerConnection }> {
    switch (target.to) {
      case 'any':
        return fromAny(request, target.purpose);
      case 'controller':
        if (controller < 0) await learn([]);
        return once(await addressOf(controller, request.name), purposes.control, request);
      case 'broker':
        return once(await addressOf(target.id, request.name), target.purpose, request);
      case 'coordinator': {
        const id = await coordinatorOf(target.kind, target.key);
        return once(await addressOf(id, request.name), purposes.coordinator, request);
      }
    }
  }

  /** After a fault nothing that was learned of this target is believed any more. */
  function forget(target: Target): void {
    if (target.to === 'broker') brokers.delete(target.id);
    if (target.to === 'controller') controller = -1;
    if (target.to === 'coordinator') coordinators.delete(`${target.kind} ${target.key}`);
  }

  async function ask<R, T>(
    target: Target,
    request: Request<R>,
    read: (answer: R, place: AnswerPlace) => T,
    limits: RetryLimits = retryLimits.request,
  ): Promise<T> {
    return withRetry(
      () => within(limits),
      world,
      async () => {
        try {
          const { answer, connection } = await sendTo(target, request);
          return read(answer, { cluster: settings.cluster, request: request.name, broker: connection.address });
        } catch (error) {
          if (error instanceof ClusterFault && isAboutTarget(error)) forget(target);
          throw error;
        }
      },
    );
  }

  return {
    settings,
    world,
    ask,
    async metadata(topics) {
      return withRetry(
        () => within(retryLimits.request),
        world,
        () => learn(topics),
      );
    },
    async abilities() {
      if (answeredFirst !== undefined) return answeredFirst;
      return withRetry(
        () => within(retryLimits.request),
        world,
        async () => (await fromAny(metadataRequest([]))).connection.abilities,
      );
    },
    async close() {
      closed = true;
      await pool.close();
    },
  };
}

const coordinatorKeyTypes = { group: 0, transaction: 1 } as const satisfies Record<CoordinatorKind, number>;

function findCoordinatorRequest(kind: CoordinatorKind, key: string) {
  const keyType = coordinatorKeyTypes[kind];
  return {
    name: 'FindCoordinator',
    resource: key,
    tolerant: true,
    candidates: [candidate(findCoordinatorV4.api, keyType, [key]), candidate(findCoordinatorV3.api, keyType, [key])],
  };
}

function bootstrapAddresses(settings: ConnectionSettings): Address[] {
  return settings.bootstrap.map(parseAddress).filter((one) => one !== undefined);
}

function eachOnce(addresses: readonly (Address | undefined)[]): Address[] {
  const named = addresses.filter((one) => one !== undefined).map((one): [string, Address] => [addressText(one), one]);
  return [...new Map(named).values()];
}

/** Another address may do better: this one is down, unknown or not a broker. Wrong passwords are wrong everywhere. */
function isAboutAddress(fault: ClusterFault): boolean {
  return ['KP3001', 'KP3005', 'KP3006', 'KP3007', 'KP3008'].includes(fault.diagnostic.code);
}

function isAboutTarget(fault: ClusterFault): boolean {
  return isAboutAddress(fault) || movedErrors.has(fault.errorName);
}

/** Another broker is asked for what this one was asked for. */
const movedErrors: ReadonlySet<string> = new Set([
  'NOT_CONTROLLER',
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE',
]);

/** One fault of all addresses' faults: the first that is not about its address, else the first, with all addresses named. */
function worst(cluster: string, request: string, faults: readonly ClusterFault[]): ClusterFault {
  const telling = faults.find((one) => !isAboutAddress(one));
  const [first] = faults;
  if (telling !== undefined) return telling;
  if (first === undefined) return brokerFault({ cluster, request }, { errorName: 'BROKER_NOT_AVAILABLE' });
  const others = faults.slice(1).map((one) => one.message);
  if (others.length === 0) return first;
  const { code, summary, detail, fix } = first.diagnostic;
  const more = others.slice(0, othersShownMax).join(' ');
  const rest = others.length > othersShownMax ? ` (and ${others.length - othersShownMax} more)` : '';
  const retry = faults.some((one) => one.retry !== 'never') ? 'later' : 'never';
  const all = [detail, `Also: ${more}${rest}`].filter((one) => one !== undefined).join(' ');
  return clusterFault({
    cluster,
    request,
    broker: first.broker,
    errorName: first.errorName,
    retry,
    code,
    summary,
    detail: all,
    fix,
  });
}

const othersShownMax = 4;

function closedFault(cluster: string, request: string): ClusterFault {
  return clusterFault({
    cluster,
    request,
    code: 'KP3001',
    errorName: 'NETWORK_EXCEPTION',
    retry: 'never',
    summary: `The connections to cluster "${cluster}" were closed while ${request} was to be sent.`,
  });
}
