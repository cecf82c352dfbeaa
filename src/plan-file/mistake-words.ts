import type { Pointer } from './location.ts';
import type { SchemaNode } from './schema-node.ts';
import { isNearSecrets } from './secret-places.ts';

/** The forms that the schema's patterns ask for, in words. */
const patternWords: Readonly<Record<string, string>> = {
  '^[a-z0-9][a-z0-9-]{0,62}$': 'lower-case letters, digits and hyphens, at most 63, not a hyphen first',
  '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$': 'letters, digits, underscores and hyphens, at most 63, a letter or digit first',
  '^[A-Za-z_][A-Za-z0-9_]*$': "an environment variable's name",
  '^[a-zA-Z0-9._-]{1,200}$': 'letters, digits, dots, underscores and hyphens, at most 200',
  '^[A-Za-z]+:.+$': 'a principal with its type, like `User:alice`',
  '^KP2[0-9]{3}$': "a rule's code, like `KP2104`",
};

/** The form that a text must have. */
export function formWords(node: SchemaNode): string {
  const pattern = node.pattern ?? '';
  return patternWords[pattern] ?? `it must match ${pattern}`;
}

/** What a message calls the value at a pointer. */
export function label(pointer: Pointer): string {
  const last = pointer.at(-1);
  if (last === undefined) return 'A plan file';
  if (typeof last === 'string') return `\`${last}\``;
  const list = pointer.findLast((segment) => typeof segment === 'string');
  return `An entry of \`${String(list)}\``;
}

const quotedLengthMax = 40;

/** What stands there instead; values near secrets are not repeated. */
export function foundWords(value: unknown, pointer: Pointer): string {
  if (value === null || value === undefined) return '; found nothing';
  if (Array.isArray(value)) return '; found a list';
  if (typeof value === 'object') return '; found a map';
  if (isNearSecrets(pointer)) return '';
  const text = String(value);
  const short = text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}...` : text;
  return typeof value === 'string' ? `; found \`${short}\`` : `; found the ${typeof value} ${short}`;
}
