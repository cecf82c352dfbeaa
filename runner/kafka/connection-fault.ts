import type { DiagnosticCode } from '../../src/diagnostics/codes.ts';
import { brokerFault } from './broker-fault.ts';
import { ClusterFault, clusterFault, type FaultPlace } from './cluster-fault.ts';
import { errorName } from './error-table.ts';

/** Thrown by the first look at what an address answers, before the client reads it. */
export class NotKafkaError extends Error {
  override readonly name = 'NotKafkaError';
}

/** Something took the connection, but did not answer the first request: a broker that hangs, or no broker at all. */
export class SilentListenerError extends Error {
  override readonly name = 'SilentListenerError';
}

/** What is known of a connection when it fails. */
export interface ConnectionFacts extends FaultPlace {
  readonly tls: boolean;
  /** SASL mechanism, where one is used. */
  readonly mechanism: string | undefined;
  /** Nothing but ApiVersions, which every listener answers, was answered on this connection yet. */
  readonly unproven: boolean;
  readonly resource?: string | undefined;
}

interface Verdict {
  readonly code: DiagnosticCode;
  readonly retry: 'never' | 'later';
  readonly summary: string;
  readonly errorName?: string;
}

/** Makes a fault of whatever the client, Node or the broker threw. Texts of foreign errors that may quote input are dropped. */
export function connectionFault(facts: ConnectionFacts, error: unknown): ClusterFault {
  if (error instanceof ClusterFault) return error;
  const chain = causesOf(error);
  const told = facts.request === 'connect' ? chain.find((one) => one instanceof ClusterFault) : undefined;
  if (told !== undefined) return told;
  const answered = protocolError(chain);
  if (answered !== undefined && answered.errorName !== 'SASL_AUTHENTICATION_FAILED') {
    return brokerFault(facts, { ...answered, resource: facts.resource });
  }
  const verdict = verdictOf(facts, chain, answered !== undefined);
  return clusterFault({
    cluster: facts.cluster,
    request: facts.request,
    broker: facts.broker,
    errorName: verdict.errorName ?? 'NETWORK_EXCEPTION',
    ...verdict,
    detail: detailOf(facts, chain, answered?.message),
    fix: fixOf(facts, chain, verdict),
  });
}

const systemCauses: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there (connection refused).',
  ECONNRESET: 'The other side closed the connection.',
  EPIPE: 'The other side closed the connection.',
  ETIMEDOUT: 'No answer came in time.',
  EHOSTUNREACH: 'There is no route to the host.',
  ENETUNREACH: 'There is no route to the network.',
};

function verdictOf(facts: ConnectionFacts, chain: readonly Error[], refused: boolean): Verdict {
  const codes = new Set(chain.map(codeOf));
  const texts = chain.map((one) => one.message).join(' ');
  const where = `${facts.broker ?? 'A broker'} of cluster "${facts.cluster}"`;
  if (refused || chain.some(isRefusal)) {
    const way = facts.mechanism === undefined ? '' : ` (${facts.mechanism})`;
    return {
      code: 'KP3009',
      retry: 'never',
      errorName: 'SASL_AUTHENTICATION_FAILED',
      summary: `${where} did not accept the credentials${way}.`,
    };
  }
  if (codes.has('ENOTFOUND') || codes.has('EAI_AGAIN')) {
    return {
      code: 'KP3005',
      retry: 'later',
      summary: `The host of ${facts.broker ?? 'a broker'} of cluster "${facts.cluster}" is not known.`,
    };
  }
  if (chain.some((one) => one instanceof NotKafkaError)) {
    return { code: 'KP3006', retry: 'never', summary: `${where} is not a Kafka broker: something else answers.` };
  }
  if (chain.some(isSilence)) {
    return { code: 'KP3001', retry: 'later', summary: `${where} takes the connection, but does not answer.` };
  }
  if (texts.includes('Broker requires TLS')) {
    return { code: 'KP3007', retry: 'never', summary: `${where} wants TLS, and the plan file has no tls for it.` };
  }
  if (
    facts.tls &&
    (texts.includes('TLS handshake failed') ||
      texts.includes('before secure TLS connection was established') ||
      codes.has('ERR_SSL_WRONG_VERSION_NUMBER') ||
      codes.has('ERR_SSL_PACKET_LENGTH_TOO_LONG'))
  ) {
    return {
      code: 'KP3007',
      retry: codes.has('ECONNRESET') ? 'later' : 'never',
      summary: `${where} does not speak TLS, and the plan file has tls for it.`,
    };
  }
  if (facts.tls && chain.some(isCertificateError)) {
    return {
      code: 'KP3008',
      retry: 'never',
      summary: `The TLS handshake with ${facts.broker ?? 'a broker'} of cluster "${facts.cluster}" failed.`,
    };
  }
  if (
    chain.some(
      (one) =>
        one instanceof RangeError ||
        one instanceof TypeError ||
        codeOf(one) === 'OUT_OF_BOUNDS' ||
        one.name === 'OutOfBoundsError',
    )
  ) {
    return {
      code: 'KP3011',
      retry: 'never',
      errorName: 'CORRUPT_MESSAGE',
      summary: `${where} sent an answer to ${facts.request} that cannot be read.`,
    };
  }
  const summary =
    facts.request === 'connect'
      ? `${where} is not reachable.`
      : `The connection to ${facts.broker ?? 'a broker'} of cluster "${facts.cluster}" failed during ${facts.request}.`;
  return { code: 'KP3001', retry: 'later', summary };
}

/** The client calls every failure of a login so: one with a cause tells of a connection that broke meanwhile. */
function isRefusal(error: Error): boolean {
  return codeOf(error) === 'PLT_KFK_AUTHENTICATION' && !(error.cause instanceof Error);
}

function isCertificateError(error: Error): boolean {
  const code = codeOf(error);
  return code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || certificateCodes.has(code);
}

/** Node's codes for certificates that do not verify (OpenSSL's X509 verification results). */
const certificateCodes: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'HOSTNAME_MISMATCH',
]);

/** The error, its causes and what it gathers, each once; at most `causesMax`. */
function causesOf(error: unknown): Error[] {
  const found: Error[] = [];
  const open: unknown[] = [error];
  while (open.length > 0 && found.length < causesMax) {
    const next = open.shift();
    if (!(next instanceof Error) || found.includes(next)) continue;
    found.push(next);
    open.push(next.cause);
    if (next instanceof AggregateError) open.push(...next.errors);
  }
  return found;
}

const causesMax = 16;

function protocolError(chain: readonly Error[]): { errorName: string; message: string | undefined } | undefined {
  for (const one of chain) {
    if (!('apiCode' in one) || typeof one.apiCode !== 'number') continue;
    const name = errorName(one.apiCode);
    const said =
      'serverErrorMessage' in one && typeof one.serverErrorMessage === 'string' ? one.serverErrorMessage : undefined;
    if (name !== null && name !== 'OPERATION_NOT_ATTEMPTED') return { errorName: name, message: said };
  }
  return undefined;
}

const silenceFix = 'Check that the port is a client listener of a broker, and that the broker is well.';
const credentialsFix = 'Give the cluster auth, or use the port of a listener that takes anybody in.';

/** Absent: the general advice of the code. */
function fixOf(facts: ConnectionFacts, chain: readonly Error[], { code }: Verdict): string | undefined {
  if (code !== 'KP3001') return undefined;
  if (chain.some(isSilence)) return silenceFix;
  return wantsCredentials(facts) ? credentialsFix : undefined;
}

function isSilence(error: Error): boolean {
  return error instanceof SilentListenerError;
}

/** Closed at the first request after ApiVersions, which needs no credentials. */
function wantsCredentials({ unproven, request, mechanism }: ConnectionFacts): boolean {
  return unproven && request !== 'connect' && mechanism === undefined;
}

function detailOf(facts: ConnectionFacts, chain: readonly Error[], said: string | undefined): string | undefined {
  if (said !== undefined) return `The broker says: ${said}`;
  if (wantsCredentials(facts)) {
    return 'It was closed at the first request: the listener may want credentials, and the plan file has no auth for it.';
  }
  for (const one of chain) {
    const code = codeOf(one);
    const known = systemCauses[code];
    if (known !== undefined) return known;
    if (isCertificateError(one)) return `${one.message} (${code})`;
  }
  return chain.some((one) => one.message.includes('timed out')) ? 'No answer came in time.' : undefined;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
