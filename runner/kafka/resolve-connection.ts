import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile as readFileOf } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DiagnosticCode } from '../../src/diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type {
  AuthDefinition,
  ClusterDefinition,
  SecretReference,
  TextOrReference,
  TlsDefinition,
} from '../../src/migration/migration.ts';
import { ClusterFault } from './cluster-fault.ts';
import { tokenSource } from './oauth-token.ts';
import {
  type ConnectionSettings,
  connectionSettings,
  parseAddress,
  type SaslSettings,
  type TlsSettings,
} from './settings.ts';

/** Where the values of `{ env }` and `{ file }` come from. */
export interface SecretEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The plan file's folder: paths are relative to it. */
  readonly baseDirectory: string;
  /** Given in tests; the file system otherwise. */
  readonly readFile?: (path: string) => Promise<string>;
}

type Report = (code: DiagnosticCode, summary: string) => void;
type Read = (key: string, reference: SecretReference) => Promise<string>;

/**
 * Reads what a cluster's definition refers to. Throws one ClusterFault with a diagnostic for each value that cannot be
 * had (KP3002, KP3003, KP3004; KP1200 for a mechanism of a later version): cluster, key, variable or file, never a value.
 */
export async function resolveConnection(
  cluster: string,
  definition: ClusterDefinition,
  environment: SecretEnvironment,
): Promise<ConnectionSettings> {
  const problems: Diagnostic[] = [];
  const report = (code: DiagnosticCode, summary: string) => {
    problems.push(diagnostic(code, { summary }));
  };
  const read: Read = (key, reference) => readValue(cluster, key, reference, environment, report);
  const bootstrap = await bootstrapOf(cluster, definition, read, report);
  const tls = definition.tls === undefined ? undefined : await tlsOf(cluster, definition.tls, read, report);
  const sasl = definition.auth === undefined ? undefined : await saslOf(cluster, definition.auth, read, report);
  const [first, ...rest] = problems;
  if (first !== undefined) {
    const place = { cluster, request: 'connect', errorName: 'INVALID_CONFIG', retry: 'never' } as const;
    throw new ClusterFault(place, [first, ...rest]);
  }
  return connectionSettings({
    cluster,
    bootstrap,
    addressMap: new Map(Object.entries(definition.addressMap)),
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
  });
}

async function readValue(
  cluster: string,
  key: string,
  reference: SecretReference,
  environment: SecretEnvironment,
  report: Report,
): Promise<string> {
  const wanted = `clusters.${cluster}.${key}`;
  if ('env' in reference) {
    const value = withoutNewlines(environment.env[reference.env] ?? '');
    if (value === '')
      report('KP3002', `${wanted} needs the environment variable ${reference.env}, which is not set or empty.`);
    return value;
  }
  const path = resolve(environment.baseDirectory, reference.file);
  const read = environment.readFile ?? ((at: string) => readFileOf(at, 'utf8'));
  try {
    const value = withoutNewlines(await read(path));
    if (value === '') report('KP3003', `${wanted} needs the file ${reference.file}, which is empty.`);
    return value;
  } catch (error) {
    report('KP3003', `${wanted} needs the file ${reference.file}, which ${whyNot(error)} (${path}).`);
    return '';
  }
}

function withoutNewlines(text: string): string {
  return text.replace(/[\r\n]+$/, '');
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES') return 'this user may not read';
  if (code === 'EISDIR') return 'is a folder';
  return 'cannot be read';
}

async function bootstrapOf(
  cluster: string,
  definition: ClusterDefinition,
  read: Read,
  report: Report,
): Promise<string[]> {
  const { bootstrap } = definition;
  const isList = 'length' in bootstrap;
  const text = isList ? '' : await read('bootstrap', bootstrap);
  const named = isList ? bootstrap : text.split(',').map((one) => one.trim());
  const addresses = named.filter((one) => one !== '');
  const wrong = addresses.filter((one) => parseAddress(one) === undefined);
  const from = isList ? '' : ` (from the environment variable ${bootstrap.env})`;
  if (wrong.length > 0) {
    const shown = isList ? `: ${wrong.join(', ')}` : '';
    report('KP3004', `clusters.${cluster}.bootstrap${from} holds ${wrong.length} that are no host:port${shown}.`);
  } else if (addresses.length === 0 && (isList || text !== '')) {
    report('KP3004', `clusters.${cluster}.bootstrap${from} holds no address.`);
  }
  return addresses;
}

async function tlsOf(cluster: string, tls: TlsDefinition, read: Read, report: Report): Promise<TlsSettings> {
  const { ca, cert, key, serverName } = tls;
  const settings = {
    ...(ca === undefined ? {} : { ca: await read('tls.ca', ca) }),
    ...(cert === undefined ? {} : { cert: await read('tls.cert', cert) }),
    ...(key === undefined ? {} : { key: await read('tls.key', key) }),
    ...(serverName === undefined ? {} : { serverName: await textOf('tls.serverName', serverName, read) }),
  };
  for (const [name, problem] of certificateProblems(settings))
    report('KP3004', `clusters.${cluster}.tls.${name} ${problem}.`);
  return settings;
}

/** What is empty was reported when it was read. */
function* certificateProblems({ ca = '', cert = '', key = '' }: TlsSettings): Generator<[string, string]> {
  if (ca !== '' && !isCertificate(ca)) yield ['ca', 'holds no certificate in PEM form'];
  if (cert !== '' && !isCertificate(cert)) yield ['cert', 'holds no certificate in PEM form'];
  else if (key !== '' && !isKeyOf(key, cert))
    yield ['key', 'holds no private key in PEM form, or not the key of tls.cert'];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== '';
  } catch {
    return false;
  }
}

function isKeyOf(key: string, cert: string): boolean {
  try {
    const privateKey = createPrivateKey(key);
    return cert === '' || new X509Certificate(cert).checkPrivateKey(privateKey);
  } catch {
    return false;
  }
}

async function textOf(key: string, value: TextOrReference, read: Read): Promise<string> {
  return typeof value === 'string' ? value : read(key, value);
}

const saslMechanisms = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const;

async function saslOf(
  cluster: string,
  auth: AuthDefinition,
  read: Read,
  report: Report,
): Promise<SaslSettings | undefined> {
  switch (auth.mechanism) {
    case 'aws-msk-iam':
      report('KP1200', `clusters.${cluster}.auth.mechanism aws-msk-iam is not available in this version of kplan.`);
      return undefined;
    case 'oauthbearer':
      return oauthOf(cluster, auth, read, report);
    default: {
      const { username } = auth;
      return {
        mechanism: saslMechanisms[auth.mechanism],
        username: await textOf('auth.username', username, read),
        password: await read('auth.password', auth.password),
      };
    }
  }
}

async function oauthOf(
  cluster: string,
  auth: Extract<AuthDefinition, { mechanism: 'oauthbearer' }>,
  read: Read,
  report: Report,
): Promise<SaslSettings | undefined> {
  if (auth.token !== undefined) {
    const token = await read('auth.token', auth.token);
    return { mechanism: 'OAUTHBEARER', token: async () => token };
  }
  const { tokenEndpoint, clientId, clientSecret, scope } = auth;
  if (tokenEndpoint === undefined || clientId === undefined || clientSecret === undefined) {
    report('KP3004', `clusters.${cluster}.auth needs token, or tokenEndpoint with clientId and clientSecret.`);
    return undefined;
  }
  const request = {
    tokenEndpoint: await textOf('auth.tokenEndpoint', tokenEndpoint, read),
    clientId: await textOf('auth.clientId', clientId, read),
    clientSecret: await read('auth.clientSecret', clientSecret),
    scope: scope === undefined ? undefined : await textOf('auth.scope', scope, read),
  };
  return { mechanism: 'OAUTHBEARER', token: tokenSource(cluster, request) };
}
