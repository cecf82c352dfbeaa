import { printable } from '../diagnostics/printable.ts';
import type { Action, ChangeOf } from '../execution-plan/execution-plan.ts';
import { hostWords, resourceWords } from '../resources/acl/acl-words.ts';
import { symbols } from './change-text.ts';
import type { Paint } from './paint.ts';

export type AclChange = ChangeOf<'acl'>;

/** So many ACLs are shown all; of more, each principal is cut, and so are the principals. */
const aclsInFullMax = 40;
/** Lines of one principal; more are counted. */
const linesOfPrincipalMax = 8;
/** Principals that are shown; more are counted. */
const principalsMax = 12;

/**
 * ACL changes for people: those of one principal, cluster, action and reason together, operations on one resource in one
 * line. The header is the address that `--address` shows whole.
 */
export function aclChangeLines(changes: readonly AclChange[], paint: Paint): readonly string[] {
  const groups = [...Map.groupBy(changes, (one) => `${one.action} ${principalAddress(one)} ${one.reason}`).values()];
  const sorted = groups.sort((a, b) => order.indexOf(actionOf(a)) - order.indexOf(actionOf(b)));
  if (changes.length <= aclsInFullMax) return sorted.flatMap((group) => groupLines(group, paint, aclsInFullMax));
  const shown = sorted.slice(0, principalsMax).flatMap((group) => groupLines(group, paint, linesOfPrincipalMax));
  const left = sorted.slice(principalsMax);
  if (left.length === 0) return shown;
  const count = left.reduce((sum, group) => sum + group.length, 0);
  const more = `${count} more ACLs of ${left.length} ${left.length === 1 ? 'principal' : 'principals'}`;
  return [...shown, `  # ${more}: --address shows some of them, --format json all`, ''];
}

const order: readonly Action[] = ['delete', 'update', 'create', 'no-op'];

function actionOf(group: readonly AclChange[]): Action {
  return group[0]?.action ?? 'no-op';
}

/** `acl/<cluster>/<principal>` */
function principalAddress({ address }: AclChange): string {
  return address.split('/').slice(0, 3).join('/');
}

function groupLines(group: readonly AclChange[], paint: Paint, linesMax: number): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { sign, color, will } = symbols[first.action];
  const what = group.length === 1 ? first.address : `${principalAddress(first)} (${group.length} ACLs)`;
  const lines = [...Map.groupBy(group, meaning).values()].map((alike) => lineOf(alike));
  const cut = lines.slice(0, linesMax).map((line) => `    ${paint(color, sign)} ${printable(line)}`);
  const more = lines.length - cut.length;
  return [
    paint('bold', `  # ${printable(what)} ${will}`),
    `  # (${printable(first.reason)})`,
    ...cut,
    ...(more > 0 ? [paint('dim', `      (and ${more} more lines)`)] : []),
    '',
  ];
}

/** What ACLs have alike that differ by their operation only. */
function meaning(change: AclChange): string {
  const { type = '', pattern = '', name = '', permission = '', host = '' } = change.after ?? change.before ?? {};
  return JSON.stringify([type, pattern, name, permission, host]);
}

/** `allow User:alice read, describe on topic orders` */
function lineOf(alike: readonly AclChange[]): string {
  const acls = alike.flatMap(({ before, after }) => after ?? before ?? []);
  const [first] = acls;
  if (first === undefined) return '';
  const operations = acls.map((acl) => acl.operation).join(', ');
  return `${first.permission} ${first.principal} ${operations} on ${resourceWords(first)}${hostWords(first)}`;
}
