import type { Pointer } from '../location.ts';
import type { Auth, ClusterConnection, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Addresses that are no host:port, and authentication of which a part is missing. */
export function checkConnections(planFile: PlanFile): PlacedMistake[] {
  return Object.entries(planFile.clusters).flatMap(([name, cluster]) => [
    ...addresses(cluster, ['clusters', name]),
    ...tlsParts(cluster, ['clusters', name, 'tls']),
    ...(cluster.auth === undefined ? [] : oauthParts(cluster.auth, ['clusters', name, 'auth'])),
  ]);
}

function addresses(cluster: ClusterConnection, pointer: Pointer): PlacedMistake[] {
  const bootstrap = Array.isArray(cluster.bootstrap) ? cluster.bootstrap : [];
  return [
    ...bootstrap.flatMap((text, index) => address(text, [...pointer, 'bootstrap', index], 'value')),
    ...Object.entries(cluster.addressMap ?? {}).flatMap(([from, to]) => [
      ...address(from, [...pointer, 'addressMap', from], 'key'),
      ...address(to, [...pointer, 'addressMap', from], 'value'),
    ]),
  ];
}

const portMax = 65_535;

/** Why a text is no host:port, as the rest of a sentence; `undefined` where it is one. An IPv6 host stands in brackets. */
export function addressProblem(text: string): string | undefined {
  if (/^[A-Za-z_]+:\/\//u.test(text)) return 'begins with a protocol; write host:port alone';
  if (text.includes(',')) return 'holds several addresses; give each an entry of its own';
  const parts = /^(?:\[(?<v6>[0-9A-Fa-f:.%]+)\]|(?<host>[^\s:/@[\]]+)):(?<port>\d{1,5})$/u.exec(text)?.groups;
  if (parts === undefined) return text.includes(':') ? 'is no host:port' : 'has no port';
  const port = Number(parts.port);
  return port >= 1 && port <= portMax ? undefined : `has a port that is not from 1 to ${portMax}`;
}

function address(text: string, pointer: Pointer, at: 'key' | 'value'): PlacedMistake[] {
  const problem = addressProblem(text);
  if (problem === undefined) return [];
  const shown = text.includes('@') ? 'The address' : `\`${text}\``;
  return [{ code: 'KP1116', pointer, at, summary: `${shown} ${problem}.` }];
}

function tlsParts(cluster: ClusterConnection, pointer: Pointer): PlacedMistake[] {
  const { tls, auth } = cluster;
  if (tls === false && auth?.mechanism === 'aws-msk-iam') {
    return [
      { code: 'KP1125', pointer, at: 'value', summary: '`aws-msk-iam` works with TLS only; remove `tls: false`.' },
    ];
  }
  if (typeof tls !== 'object' || (tls.cert === undefined) === (tls.key === undefined)) return [];
  const [there, missing] = tls.cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
  const summary = `\`tls.${there}\` is given without \`tls.${missing}\`; mutual TLS needs both.`;
  return [{ code: 'KP1125', pointer: [...pointer, there], at: 'key', summary }];
}

function oauthParts(auth: Auth, pointer: Pointer): PlacedMistake[] {
  if (auth.mechanism !== 'oauthbearer') return [];
  const { token, tokenEndpoint, clientId, clientSecret } = auth;
  const parts = { tokenEndpoint, clientId, clientSecret };
  const missing = Object.entries(parts).flatMap(([key, value]) => (value === undefined ? [`\`${key}\``] : []));
  const bad = (summary: string): PlacedMistake[] => [{ code: 'KP1125', pointer, at: 'key', summary }];
  if (token === undefined && missing.length === 3) {
    return bad('`oauthbearer` needs `token`, or `tokenEndpoint` with `clientId` and `clientSecret`.');
  }
  if (token !== undefined && missing.length < 3)
    return bad('`oauthbearer` takes `token` or `tokenEndpoint`, not both.');
  if (token === undefined && missing.length > 0) return bad(`\`oauthbearer\` also needs ${missing.join(' and ')}.`);
  if (typeof tokenEndpoint !== 'string' || URL.parse(tokenEndpoint)?.protocol === 'https:') return [];
  const summary = '`tokenEndpoint` must be an https address: the client secret is sent to it.';
  return [{ code: 'KP1125', pointer: [...pointer, 'tokenEndpoint'], at: 'value', summary }];
}
