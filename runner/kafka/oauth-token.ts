import { clusterFault } from './cluster-fault.ts';

export interface TokenRequest {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
}

export const tokenLimits = {
  timeoutMs: 10_000,
  answerBytesMax: 65_536,
  /** A token is asked for again so long before it ends. */
  renewBeforeMs: 60_000,
} as const;

/**
 * Client credentials grant (RFC 6749, section 4.4) at the endpoint that the plan file names; a token is kept until a
 * minute before it ends. Throws a ClusterFault (KP3015) that holds neither secret nor answer.
 */
export function tokenSource(
  cluster: string,
  request: TokenRequest,
  nowMs: () => number = Date.now,
  send: typeof fetch = fetch,
): () => Promise<string> {
  let kept: { readonly token: string; readonly untilMs: number } | undefined;
  return async () => {
    if (kept !== undefined && nowMs() < kept.untilMs) return kept.token;
    const { token, expiresInS } = await askToken(cluster, request, send);
    kept = { token, untilMs: nowMs() + expiresInS * 1000 - tokenLimits.renewBeforeMs };
    return token;
  };
}

async function askToken(
  cluster: string,
  request: TokenRequest,
  send: typeof fetch,
): Promise<{ token: string; expiresInS: number }> {
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  if (request.scope !== undefined) body.set('scope', request.scope);
  const credentials = `${encodeURIComponent(request.clientId)}:${encodeURIComponent(request.clientSecret)}`;
  const init = {
    method: 'POST',
    redirect: 'error',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, accept: 'application/json' },
    body,
    signal: AbortSignal.timeout(tokenLimits.timeoutMs),
  } as const;
  let answer: Response;
  let text: string;
  try {
    answer = await send(request.tokenEndpoint, init);
    text = await answer.text();
  } catch {
    throw noToken(cluster, request, 'It did not answer.', 'later');
  }
  if (!answer.ok) {
    const passes = answer.status >= 500 || passingStatuses.has(answer.status);
    const said = `It answered HTTP ${answer.status}.`;
    throw noToken(cluster, request, said, passes ? 'later' : 'never', retryAfterMs(answer));
  }
  const found = text.length > tokenLimits.answerBytesMax ? undefined : tokenIn(text);
  if (found === undefined) throw noToken(cluster, request, 'Its answer holds no access_token.', 'never');
  return found;
}

/** Request Timeout and Too Many Requests (RFC 9110, section 15.5.9; RFC 6585, section 4). */
const passingStatuses: ReadonlySet<number> = new Set([408, 429]);

/** Its seconds (RFC 9110, section 10.2.3); a date would need both clocks to agree. */
function retryAfterMs({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}

function tokenIn(text: string): { token: string; expiresInS: number } | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('access_token' in parsed)) return undefined;
    const expiresInS = 'expires_in' in parsed ? Number(parsed.expires_in) : 0;
    if (typeof parsed.access_token !== 'string' || parsed.access_token === '') return undefined;
    return { token: parsed.access_token, expiresInS: Number.isFinite(expiresInS) ? expiresInS : 0 };
  } catch {
    return undefined;
  }
}

function noToken(
  cluster: string,
  request: TokenRequest,
  detail: string,
  retry: 'never' | 'later',
  retryAfter?: number,
) {
  const host = URL.canParse(request.tokenEndpoint) ? new URL(request.tokenEndpoint).host : 'the token endpoint';
  return clusterFault({
    cluster,
    request: 'token',
    broker: host,
    code: 'KP3015',
    errorName: 'SASL_AUTHENTICATION_FAILED',
    retry,
    retryAfterMs: retryAfter,
    summary: `${host} gave no access token for cluster "${cluster}".`,
    detail,
  });
}
