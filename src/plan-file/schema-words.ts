import { planFileSchema } from './schema.generated.ts';
import type { SchemaNode } from './schema-node.ts';

/** What a definition of the schema is called in a message. */
const definitionWords: Readonly<Record<string, string>> = {
  stateLocation: '`state`',
  environmentReference: '`{ env }`',
  fileReference: '`{ file }`',
  clusterConnection: 'a cluster',
  tlsSettings: '`tls`',
  passwordAuth: '`auth` with this mechanism',
  awsMskIamAuth: '`auth` with `aws-msk-iam`',
  oauthBearerAuth: '`auth` with `oauthbearer`',
  auth: '`auth`',
  topicDefaults: '`defaults`',
  partitionsAtLeast: '`partitions`',
  mirroredConfig: '`config`',
  flow: 'a flow',
  prefixNaming: '`naming`',
  suffixNaming: '`naming`',
  flowTopics: "a flow's `topics`",
  mapping: 'a mapping',
  partitioningByKey: '`partitioning`',
  flowGroups: "a flow's `groups`",
  flowAcls: "a flow's `acls`",
  startAtTimestamp: '`start`',
  onLoss: '`onLoss`',
  tuning: '`tuning`',
  presentTopic: 'a declared topic',
  absentTopic: 'a topic with `state: absent`',
  declaredAcl: 'an ACL',
  aclResource: 'the resource of an ACL',
  presentQuota: 'a quota',
  absentQuota: 'a quota with `state: absent`',
  quotaEntity: 'the entity of a quota',
  quotaLimits: 'the limits of a quota',
  hook: 'a hook',
  maxLag: '`maxLag`',
  fence: '`fence`',
  aclFence: '`fence` with `mode: acl`',
  hookFence: '`fence` with `mode: hook`',
  noFence: '`fence` with `mode: none`',
  failback: '`failback`',
  cutover: 'a cutover',
  policies: '`policies`',
  explainedSwitch: 'a switched rule',
};

export interface ResolvedNode {
  readonly node: SchemaNode;
  /** The definition's name; empty for the root and for parts without a definition. */
  readonly definition: string;
}

const definitions = planFileSchema.$defs ?? {};

/** Follows `$ref`s; the schema refers to its own definitions only. */
export function resolveNode(node: SchemaNode, definition = ''): ResolvedNode {
  const name = node.$ref?.slice('#/$defs/'.length);
  const target = name === undefined ? undefined : definitions[name];
  return name === undefined || target === undefined ? { node, definition } : resolveNode(target, name);
}

/** The name of what a map describes: "a flow". */
export function ownerWords(definition: string): string {
  return definition === '' ? 'a plan file' : (definitionWords[definition] ?? 'this map');
}

/** Where else a key may stand: "a flow's `topics`". */
export function otherOwner(key: string): string | undefined {
  const found = Object.entries(definitions).find(([, node]) => Object.hasOwn(node.properties ?? {}, key));
  return found === undefined ? undefined : definitionWords[found[0]];
}

/** What may stand at a place: "`source`, a whole number of 1 or more, or `{ atLeast: ... }`". */
export function expectedWords(node: SchemaNode): string {
  return joinOr(expectedParts(node));
}

function expectedParts(from: SchemaNode): string[] {
  const { node } = resolveNode(from);
  const branches = node.anyOf ?? node.oneOf;
  if (branches !== undefined && node.type === undefined) return branches.flatMap(expectedParts);
  if (node.const !== undefined) return [`\`${String(node.const)}\``];
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``);
  const types = typeof node.type === 'string' ? [node.type] : (node.type ?? []);
  return types.map((type) => typeWords(type, node));
}

function typeWords(type: string, node: SchemaNode): string {
  switch (type) {
    case 'string':
      return 'text';
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return 'a list';
    case 'integer':
      return `a whole number${rangeWords(node)}`;
    case 'number':
      return `a number${rangeWords(node)}`;
    default:
      return objectWords(node);
  }
}

function objectWords(node: SchemaNode): string {
  const required = node.required ?? [];
  return required.length === 1 && node.additionalProperties === false ? `\`{ ${required[0]}: ... }\`` : 'a map';
}

/** Largest numbers that only keep a value representable are not worth a word. */
const largestWorthSaying = 1_000_000;

function rangeWords(node: SchemaNode): string {
  const { minimum, maximum, exclusiveMinimum } = node;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum === undefined) return '';
  return maximum === undefined || maximum > largestWorthSaying
    ? ` of ${minimum} or more`
    : ` from ${minimum} to ${maximum}`;
}

function joinOr(parts: readonly string[]): string {
  const unique = [...new Set(parts)];
  const last = unique.pop() ?? 'something else';
  return unique.length === 0 ? last : `${unique.join(', ')} or ${last}`;
}
