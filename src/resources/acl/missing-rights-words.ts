import { type Access, resourceKey } from '../../cluster/rights.ts';
import type { DiagnosticCode } from '../../diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { named } from '../../diagnostics/named.ts';
import { topicAddress } from '../../execution-plan/address.ts';
import type { ClusterDefinition } from '../../migration/migration.ts';
import { aclCommand } from './acl-command.ts';

export interface MissingRights {
  /** The cluster's name in the plan file. */
  readonly cluster: string;
  readonly definition: ClusterDefinition;
  /** Absent where only the brokers know it. */
  readonly principal?: string | undefined;
  readonly missing: readonly Access[];
}

interface Kind {
  readonly code: DiagnosticCode;
  /** The option of kafka-acls.sh. */
  readonly flag: string;
  readonly one: string;
  readonly many: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  topic: { code: 'KP2411', flag: '--topic', one: 'topic', many: 'topics' },
  group: { code: 'KP2412', flag: '--group', one: 'group', many: 'groups' },
  cluster: { code: 'KP2413', flag: '--cluster', one: 'cluster', many: 'clusters' },
  'transactional-id': {
    code: 'KP2414',
    flag: '--transactional-id',
    one: 'transactional id',
    many: 'transactional ids',
  },
};

/** One for all resources of a kind that lack the same operations, in the order of the first of them. */
export function missingRightsDiagnostics(rights: MissingRights): readonly Diagnostic[] {
  const resources = [...Map.groupBy(rights.missing, resourceKey).values()].flatMap((ofOne) => {
    const [first] = ofOne;
    return first === undefined ? [] : [{ type: first.type, name: first.name, operations: withoutImplied(ofOne) }];
  });
  const alike = Map.groupBy(resources, ({ type, operations }) => `${type} ${operations.join()}`);
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    const names = group.map((one) => one.name);
    return first === undefined ? [] : [missingDiagnostic(rights, first, names)];
  });
}

/** DESCRIBE comes with most of the others, DESCRIBE_CONFIGS with ALTER_CONFIGS. */
function withoutImplied(ofOne: readonly Access[]): readonly string[] {
  const operations = new Set(ofOne.map((one) => one.operation));
  if (['read', 'write', 'delete', 'alter'].some((one) => operations.has(one))) operations.delete('describe');
  if (operations.has('alter-configs')) operations.delete('describe-configs');
  return [...operations].sort();
}

function missingDiagnostic(
  { cluster, definition, principal }: MissingRights,
  { type, name, operations }: { readonly type: string; readonly name: string; readonly operations: readonly string[] },
  names: readonly string[],
): Diagnostic {
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`kplan needs no rights on a ${type}`);
  const isOne = names.length === 1;
  const one = type === 'cluster' ? `cluster ${cluster}` : `${kind.one} ${name} of ${cluster}`;
  const many = `${names.length.toLocaleString('en-US')} ${kind.many} of ${cluster}`;
  const who = principal ?? "kplan's principal";
  return diagnostic(kind.code, {
    ...(isOne && type === 'topic' ? { address: topicAddress(cluster, name) } : {}),
    summary: `${who} lacks ${rightsText(operations)} on ${isOne ? one : many}.`,
    ...(isOne ? {} : { detail: named(names) }),
    fix: aclCommand({ definition, principal, operations, flag: kind.flag, names: type === 'cluster' ? [] : names }),
  });
}

/** `READ, WRITE and DESCRIBE_CONFIGS`, by Kafka's names. */
function rightsText(operations: readonly string[]): string {
  const names = operations.map((one) => one.toUpperCase().replaceAll('-', '_'));
  const last = names.at(-1) ?? '';
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${last}` : last;
}
