import { type AddressInfo, createServer, type Socket } from 'node:net';

/** API keys of what a connection begins with. */
export const apiKeys = { saslHandshake: 17, apiVersions: 18, saslAuthenticate: 36 } as const;

export interface LoginBroker {
  readonly host: string;
  readonly port: number;
  /** API keys of the requests that came. */
  readonly asked: readonly number[];
  close(): void;
}

interface LoginBrokerOptions {
  /** Closes the connection where this comes; at once with `accept`. */
  readonly closesAt?: number | 'accept';
  /** Of a login: the client begins another one before it is over. */
  readonly lifetimeMs?: number;
}

/** Takes every login. As brokers do (SaslServerAuthenticator), it closes where anything else comes between the requests of one. */
export async function startLoginBroker({ closesAt, lifetimeMs = 0 }: LoginBrokerOptions): Promise<LoginBroker> {
  const asked: number[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (closesAt === 'accept') socket.destroy();
    else serve(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, asked, close: () => server.close() };

  function serve(socket: Socket): void {
    let bytes = Buffer.alloc(0);
    let inLogin = false;
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const request = bytes.subarray(4, 4 + bytes.readInt32BE(0));
        bytes = bytes.subarray(4 + request.length);
        const key = request.readInt16BE(0);
        asked.push(key);
        if (key === closesAt || (inLogin && key !== apiKeys.saslAuthenticate)) return void socket.destroy();
        inLogin = key === apiKeys.saslHandshake;
        // Later, so that requests can come meanwhile.
        setTimeout(() => socket.write(answer(request, lifetimeMs)), 5);
      }
    });
  }
}

function answer(request: Buffer, lifetimeMs: number): Buffer {
  const body = bodyOf(request.readInt16BE(0), request.readInt16BE(2), lifetimeMs);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 4, 0);
  head.writeInt32BE(request.readInt32BE(4), 4);
  return Buffer.concat([head, body]);
}

const versionsMax = [
  [3, 12],
  [apiKeys.saslHandshake, 1],
  [apiKeys.apiVersions, 3],
  [apiKeys.saslAuthenticate, 1],
] as const;
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'OAUTHBEARER'];

function bodyOf(key: number, version: number, lifetimeMs: number): Buffer {
  if (key === apiKeys.apiVersions) {
    const isFlexible = version >= 3;
    const rows = versionsMax.map(([one, max]) => Buffer.from([0, one, 0, 0, 0, max, ...(isFlexible ? [0] : [])]));
    const count = isFlexible ? [rows.length + 1] : [0, 0, 0, rows.length];
    return Buffer.concat([Buffer.from([0, 0, ...count]), ...rows, Buffer.alloc(isFlexible ? 5 : 4)]);
  }
  if (key === apiKeys.saslHandshake) {
    const names = mechanisms.map((one) => Buffer.from(`\0${String.fromCharCode(one.length)}${one}`));
    return Buffer.concat([Buffer.from([0, 0, 0, 0, 0, names.length]), ...names]);
  }
  if (key !== apiKeys.saslAuthenticate) return Buffer.alloc(0);
  const body = Buffer.alloc(16);
  body.writeInt16BE(-1, 2);
  body.writeBigInt64BE(BigInt(lifetimeMs), 8);
  return body;
}
