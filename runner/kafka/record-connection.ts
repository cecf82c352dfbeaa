import {
  type Connection,
  saslAuthenticateV2,
  saslHandshakeV1,
  saslOAuthBearer,
  saslPlain,
  saslScramSha,
} from '@platformatic/kafka';
import type { RecordBuffers } from '../records/record-buffers.ts';
import {
  askAbilities,
  type BrokerConnection,
  brokerConnection,
  connectionLimits,
  tlsOptions,
  withDeadline,
} from './connection.ts';
import { connectionFault } from './connection-fault.ts';
import { type Address, addressText, type ConnectionSettings, type SaslSettings } from './settings.ts';
import { openWire, type Wire } from './wire.ts';

/** Of a session's lifetime, when it is renewed (KIP-368): late enough to be seldom, early enough for a slow broker. */
const renewAt = 0.8;
/** Longer ones (a timer holds 2^31 - 1 ms) are renewed after this time. */
const renewAfterMsMax = 86_400_000;

/** As `openConnection`, for what carries records: Fetch and Produce. Throws a ClusterFault. */
export async function openRecordConnection(
  settings: ConnectionSettings,
  address: Address,
  buffers: RecordBuffers,
): Promise<BrokerConnection> {
  const { cluster, clientId, tls, sasl } = settings;
  const broker = addressText(address);
  const facts = { cluster, broker, unproven: true, tls: tls !== undefined, mechanism: sasl?.mechanism };
  const { connectTimeoutMs } = connectionLimits;
  let wire: Wire | undefined;
  try {
    wire = await openWire({
      ...{ address, clientId, connectTimeoutMs, buffers },
      tls: tls === undefined ? undefined : tlsOptions(tls, address),
    });
    return await introduce(wire, sasl, facts);
  } catch (error) {
    const lost = wire?.lost();
    wire?.destroy(new Error('Connecting failed'));
    const reason = lost === undefined || lost === error ? error : new AggregateError([error, lost]);
    throw connectionFault({ ...facts, request: 'connect' }, reason);
  }
}

async function introduce(
  wire: Wire,
  sasl: SaslSettings | undefined,
  facts: Parameters<typeof brokerConnection>[2],
): Promise<BrokerConnection> {
  // The client's request functions call nothing but `send` of their connection.
  const connection = wire as unknown as Connection;
  let timer: NodeJS.Timeout | undefined;
  let renewing: Promise<void> | null = null;

  async function authenticate(as: SaslSettings): Promise<void> {
    const lifetimeMs = await login(connection, as);
    if (lifetimeMs > 0) timer = setTimeout(renew, Math.min(lifetimeMs * renewAt, renewAfterMsMax), as);
  }

  /** Requests wait meanwhile: a broker takes none of another kind between those of a login. */
  function renew(as: SaslSettings): void {
    renewing = authenticate(as)
      .catch((error: unknown) => wire.destroy(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        renewing = null;
      });
  }

  const abilities = await withDeadline(wire, async () => {
    const asked = await askAbilities(connection);
    if (sasl !== undefined) await authenticate(sasl);
    return asked;
  });
  const { isOpen, lost, socket } = wire;
  const close = () => {
    clearTimeout(timer);
    return wire.close();
  };
  return brokerConnection({ connection, socket, isOpen, lost, close, held: () => renewing }, abilities, facts);
}

/** Gives the session's lifetime in milliseconds, 0 where it has no end. */
async function login(connection: Connection, sasl: SaslSettings): Promise<number> {
  await saslHandshakeV1.api.async(connection, sasl.mechanism);
  const { sessionLifetimeMs } = await authenticateBy(connection, sasl);
  return Number(sessionLifetimeMs);
}

function authenticateBy(connection: Connection, sasl: SaslSettings) {
  const { api } = saslAuthenticateV2;
  switch (sasl.mechanism) {
    case 'OAUTHBEARER':
      return saslOAuthBearer.authenticate(api, connection, sasl.token, {});
    case 'PLAIN':
      return saslPlain.authenticate(api, connection, sasl.username, sasl.password);
    case 'SCRAM-SHA-256':
      return saslScramSha.authenticate(api, connection, 'SHA-256', sasl.username, sasl.password);
    case 'SCRAM-SHA-512':
      return saslScramSha.authenticate(api, connection, 'SHA-512', sasl.username, sasl.password);
  }
}
