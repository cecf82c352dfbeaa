import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type API, apiVersionsV0, apiVersionsV3, Connection, type ConnectionOptions } from '@platformatic/kafka';
import { brokerFault } from './broker-fault.ts';
import { type ConnectionFacts, connectionFault, NotKafkaError, SilentListenerError } from './connection-fault.ts';
import { type Address, addressText, type ConnectionSettings, saslOptions, type TlsSettings } from './settings.ts';
import { watchSilence } from './silence.ts';

export const connectionLimits = {
  connectTimeoutMs: 10_000,
  /** Longer than any broker-side wait that we ask for (fetch waits, transaction and admin timeouts stay below 30 s). */
  silenceMsMax: 45_000,
  /** Of a request in all, however slowly its bytes come and go: 16 MiB at 20 KB/s. */
  requestTimeoutMs: 900_000,
  /** Requests written before the first is answered; more wait here, in order. */
  inFlightMax: 32,
  /** A first answer longer than this is not one to ApiVersions or SASL: something else speaks there. */
  firstAnswerBytesMax: 1_048_576,
} as const;

/** What a broker can do: its versions by API key, and the feature levels that the cluster has agreed on. */
export interface BrokerAbilities {
  readonly versions: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
  readonly features: ReadonlyMap<string, FeatureLevels>;
}

/** KIP-584: what the cluster has agreed on, and how far this broker could go. */
export interface FeatureLevels {
  readonly finalized?: number;
  readonly supportedMax?: number;
}

/** One socket to one broker, authenticated, whose API versions are known. */
export interface BrokerConnection {
  readonly address: string;
  readonly abilities: BrokerAbilities;
  isOpen(): boolean;
  /** Sends the first candidate that the broker knows. Throws a ClusterFault, also for an error in the answer. */
  send<R>(request: Request<R>): Promise<R>;
  close(): Promise<void>;
}

export interface Request<R> {
  /** Kafka's name of it. */
  readonly name: string;
  /** What it is about, for messages. */
  readonly resource?: string | undefined;
  /** Newest version first. */
  readonly candidates: readonly Candidate<R>[];
  /** The answer is returned as it is even where it holds errors: the caller reads their codes. */
  readonly tolerant?: boolean;
}

export interface Candidate<R> {
  readonly apiKey: number;
  readonly version: number;
  send(connection: Connection): Promise<R>;
}

/** One version of a request with its arguments. */
export function candidate<A extends unknown[], R>(api: API<A, R>, ...args: A): Candidate<R> {
  return { apiKey: api.key, version: api.version, send: (connection) => api.async(connection, ...args) };
}

/** Connects, authenticates and asks for the API versions. Throws a ClusterFault. */
export async function openConnection(settings: ConnectionSettings, address: Address): Promise<BrokerConnection> {
  const broker = addressText(address);
  const raw = new Connection(settings.clientId, optionsOf(settings, address));
  const lost = { error: undefined as Error | undefined };
  raw.on('error', (error) => {
    lost.error = error;
  });
  const facts = {
    cluster: settings.cluster,
    broker,
    unproven: true,
    tls: settings.tls !== undefined,
    mechanism: settings.sasl?.mechanism,
  };
  let foreign: NotKafkaError | undefined;
  try {
    const connected = raw.connect(address.host, address.port);
    watchFirstAnswer(raw.socket, (error) => {
      foreign = error;
    });
    await connected;
    const abilities = await withDeadline(raw.socket, () => askAbilities(raw));
    const open: OpenSocket = {
      connection: raw,
      socket: raw.socket,
      isOpen: () => raw.isConnected() || raw.status === 'reauthenticating',
      lost: () => lost.error,
      close: () => raw.close(),
      // A broker takes nothing else between the requests of a login, and the client sends on.
      held: () => (raw.status === 'reauthenticating' ? raw.ready() : null),
    };
    return brokerConnection(open, abilities, facts);
  } catch (error) {
    raw.socket?.destroy();
    throw connectionFault({ ...facts, request: 'connect' }, foreign ?? withReason(error, lost.error));
  }
}

/** What a `BrokerConnection` is made of. */
export interface OpenSocket {
  readonly connection: Connection;
  readonly socket: Socket;
  isOpen(): boolean;
  /** Why the socket was closed. */
  lost(): Error | undefined;
  close(): Promise<void>;
  /** Where requests must wait: until then. */
  held?(): Promise<void> | null;
}

export function brokerConnection(
  open: OpenSocket,
  abilities: BrokerAbilities,
  facts: Omit<ConnectionFacts, 'request'> & { readonly broker: string },
): BrokerConnection {
  let unproven = true;
  const silence = watchSilence(open.socket, connectionLimits.silenceMsMax);
  return {
    address: facts.broker,
    abilities,
    isOpen: () => open.isOpen(),
    async send<R>(request: Request<R>): Promise<R> {
      const place = { ...facts, unproven, request: request.name, resource: request.resource };
      const chosen = request.candidates.find((one) => knows(abilities, one));
      if (chosen === undefined)
        throw brokerFault(place, { errorName: 'UNSUPPORTED_VERSION', resource: request.resource });
      try {
        const answer = await silence.during(async () => {
          const held = open.held?.() ?? null;
          if (held !== null) await held;
          return chosen.send(open.connection);
        });
        unproven = false;
        return answer;
      } catch (error) {
        const answer: R | undefined = request.tolerant === true ? answerOf<R>(error) : undefined;
        if (answer !== undefined) return answer;
        throw connectionFault(place, withReason(error, open.lost()));
      }
    },
    close: () => open.close(),
  };
}

function knows(abilities: BrokerAbilities, one: { readonly apiKey: number; readonly version: number }): boolean {
  const range = abilities.versions.get(one.apiKey);
  return range !== undefined && one.version >= range.min && one.version <= range.max;
}

/** A request fails with "closed" alone; why the socket was closed is told to the connection. */
function withReason(error: unknown, lost: Error | undefined): unknown {
  return lost === undefined || lost === error ? error : new AggregateError([error, lost]);
}

/** The client throws answers that hold errors; the whole answer hangs on the error. */
export function answerOf<R>(error: unknown): R | undefined {
  if (!(error instanceof Error) || !('response' in error) || error.response === undefined) return undefined;
  return error.response as R;
}

export async function askAbilities(raw: Connection): Promise<BrokerAbilities> {
  const answer = await apiVersionsV3.api.async(raw, 'kplan', '1').catch(async (error: unknown) => {
    if (answerOf(error) === undefined) throw error;
    const old = await apiVersionsV0.api.async(raw, 'kplan', '1');
    return { ...old, finalizedFeatures: undefined, supportedFeatures: undefined };
  });
  return {
    versions: new Map(answer.apiKeys.map((one) => [one.apiKey, { min: one.minVersion, max: one.maxVersion }])),
    features: featureLevels(answer.finalizedFeatures ?? [], answer.supportedFeatures ?? []),
  };
}

function featureLevels(
  finalized: readonly { readonly name: string; readonly maxVersionLevel: number }[],
  supported: readonly { readonly name: string; readonly maxVersion: number }[],
): Map<string, FeatureLevels> {
  const levels = new Map<string, FeatureLevels>();
  for (const one of supported) levels.set(one.name, { supportedMax: one.maxVersion });
  for (const one of finalized) levels.set(one.name, { ...levels.get(one.name), finalized: one.maxVersionLevel });
  return levels;
}

/** A first answer that does not come is told after the connect timeout, not after the longer one of requests. */
export async function withDeadline<R>(socket: { destroy(error: Error): unknown }, ask: () => Promise<R>): Promise<R> {
  const timer = setTimeout(
    () => socket.destroy(new SilentListenerError('no answer to the first request')),
    connectionLimits.connectTimeoutMs,
  );
  try {
    return await ask();
  } finally {
    clearTimeout(timer);
  }
}

/** Kafka's answers begin with their length; HTTP, SSH and the like begin with text, which read as a length is huge. */
function watchFirstAnswer(socket: Socket, found: (error: NotKafkaError) => void): void {
  socket.once('data', (chunk: Buffer) => {
    const isTlsRecord = chunk[0] !== undefined && chunk[0] >= 0x14 && chunk[0] <= 0x17 && chunk[1] === 0x03;
    if (isTlsRecord) return;
    const length = chunk.length < 4 ? -1 : chunk.readInt32BE(0);
    if (length >= 4 && length <= connectionLimits.firstAnswerBytesMax) return;
    const error = new NotKafkaError('the first answer is not one of Kafka');
    found(error);
    socket.destroy(error);
  });
}

function optionsOf(settings: ConnectionSettings, address: Address): ConnectionOptions {
  return {
    connectTimeout: connectionLimits.connectTimeoutMs,
    requestTimeout: connectionLimits.requestTimeoutMs,
    maxInflights: connectionLimits.inFlightMax,
    handleBackPressure: true,
    ...(settings.tls === undefined ? {} : { tls: tlsOptions(settings.tls, address) }),
    ...(settings.sasl === undefined ? {} : { sasl: saslOptions(settings.sasl) }),
  };
}

/** TLS as Node takes it; SNI only for names, as RFC 6066 has it. */
export function tlsOptions(tls: TlsSettings, address: Address): TlsOptions {
  const serverName = tls.serverName ?? (isIP(address.host) === 0 ? address.host : undefined);
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}
