import type { ClusterDefinition } from '../../migration/migration.ts';

/** Names that the command spells out. */
const spelledMax = 5;

export interface AclCommand {
  readonly definition: ClusterDefinition;
  readonly principal: string | undefined;
  readonly operations: readonly string[];
  readonly flag: string;
  readonly names: readonly string[];
}

/** What an administrator runs; of many names the first few, which show how the rest goes. */
export function aclCommand({ definition, principal, operations, flag, names }: AclCommand): string {
  const isSecured = definition.tls !== undefined || definition.auth !== undefined;
  const parts = [
    `kafka-acls.sh --bootstrap-server ${bootstrapOf(definition)}`,
    ...(isSecured ? ['--command-config admin.properties'] : []),
    `--add --allow-principal ${principal === undefined ? 'PRINCIPAL' : quoted(principal)}`,
    ...operations.map((one) => `--operation ${pascalCase(one)}`),
    ...(names.length === 0 ? [flag] : names.slice(0, spelledMax).map((name) => `${flag} ${quoted(name)}`)),
  ];
  const left = names.length - spelledMax;
  return `${parts.join(' ')}${left > 0 ? ` (and the other ${left})` : ''}`;
}

function bootstrapOf({ bootstrap }: ClusterDefinition): string {
  return 'env' in bootstrap ? `"$${bootstrap.env}"` : (bootstrap[0] ?? 'HOST:9092');
}

function quoted(text: string): string {
  return /^[\w.:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function pascalCase(operation: string): string {
  return operation.replace(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase());
}
