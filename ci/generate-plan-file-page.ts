import { code, escaped, madeFrom, table } from './markdown.ts';
import { isJsonObject, type JsonObject } from './schema-walk.ts';

/** The reference of the plan file: every key with its type, default, meaning and an example. */
export function generatePlanFilePage(schema: JsonObject): string {
  const definitions = objectOf(schema.$defs);
  const sections = Object.entries(definitions).map(([name, node]) => sectionOf(name, objectOf(node), definitions));
  return `${madeFrom('schema/plan.v1.schema.json')}
# The plan file

${textOf(schema.description)}

[plans/every-key.yaml](../plans/every-key.yaml) has every key once. What a version cannot do yet, its \`plan\` says at the
line that asks for it.

## Top level

${keysTable(schema, definitions)}
${sections.join('\n')}`;
}

function sectionOf(name: string, node: JsonObject, definitions: JsonObject): string {
  const examples = listOf(node.examples).map((one) => `- ${code(one)}\n`);
  const lines = [
    `## ${name}\n\n${textOf(node.description)}\n`,
    node.properties === undefined ? `May be: ${typeOf(node)}.\n` : keysTable(node, definitions),
    'default' in node ? `Default: ${code(node.default)}\n` : '',
    examples.length === 0 ? '' : `Examples:\n\n${examples.join('')}`,
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function keysTable(node: JsonObject, definitions: JsonObject): string {
  const required = new Set(listOf(node.required));
  const rows = Object.entries(objectOf(node.properties)).map(([key, value]) => {
    const property = objectOf(value);
    const meant = { ...referenced(property, definitions), ...property };
    const must = required.has(key) ? '**required**' : '';
    const standard = 'default' in meant ? code(meant.default) : must;
    const [example] = listOf(meant.examples);
    return [
      code(key),
      typeOf(property),
      standard,
      textOf(meant.description),
      example === undefined ? '' : code(example),
    ];
  });
  return table(['Key', 'What may stand', 'Default', 'What it is', 'Example'], rows);
}

/** The definition that a property refers to, through definitions that refer to others. */
function referenced(node: JsonObject, definitions: JsonObject): JsonObject {
  if (typeof node.$ref !== 'string') return {};
  const target = objectOf(definitions[nameOf(node.$ref)]);
  return { ...referenced(target, definitions), ...target };
}

function typeOf(node: JsonObject): string {
  if (typeof node.$ref === 'string') return `[${nameOf(node.$ref)}](#${nameOf(node.$ref).toLowerCase()})`;
  const branches = node.anyOf ?? node.oneOf;
  if (branches !== undefined) return joinOr(listOf(branches).map((branch) => typeOf(objectOf(branch))));
  if (node.const !== undefined) return code(node.const);
  if (node.enum !== undefined) return joinOr(listOf(node.enum).map(code));
  return joinOr((Array.isArray(node.type) ? node.type : [node.type]).map((type) => simpleType(type, node)));
}

function simpleType(type: unknown, node: JsonObject): string {
  if (type === 'array') return `a list of ${typeOf(objectOf(node.items))}`;
  if (type === 'object' && isJsonObject(node.additionalProperties)) {
    return `a map of names to ${typeOf(node.additionalProperties)}`;
  }
  if (type === 'string') return node.pattern === undefined ? 'text' : `text that matches ${code(node.pattern)}`;
  if (type === 'integer' || type === 'number') return `a ${type === 'integer' ? 'whole ' : ''}number${rangeOf(node)}`;
  if (type === 'boolean') return '`true` or `false`';
  return 'a map';
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: JsonObject): string {
  const from = minimum === undefined ? undefined : `from ${minimum}`;
  const above = exclusiveMinimum === undefined ? undefined : `above ${exclusiveMinimum}`;
  const to = maximum === undefined ? undefined : `to ${maximum}`;
  const words = [from, above, to].filter((word) => word !== undefined);
  return words.length === 0 ? '' : ` ${words.join(' ')}`;
}

function joinOr(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function nameOf(reference: string): string {
  return reference.slice('#/$defs/'.length);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? escaped(value) : '';
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
