import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { planFileLimits } from './limits.ts';
import type { Pointer } from './location.ts';
import { formWords, foundWords, label } from './mistake-words.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { SchemaNode } from './schema-node.ts';
import { expectedWords, otherOwner, ownerWords, resolveNode } from './schema-words.ts';
import { isSecret } from './secret-places.ts';

/** A mistake at a place of the plan file. */
export interface PlacedMistake {
  readonly code: DiagnosticCode;
  readonly pointer: Pointer;
  readonly at: 'key' | 'value';
  readonly summary: string;
  readonly fix?: string;
}

const { mistakesOfMapMax } = planFileLimits;

type JsonMap = Readonly<Record<string, unknown>>;

/**
 * Why a value does not obey the schema, one mistake each, in words for people. AJV decides whether it obeys; this
 * explains, since AJV's errors name every branch of a union and not the one that was meant.
 */
export function schemaMistakes(schema: SchemaNode, value: unknown, pointer: Pointer = [], owner = ''): PlacedMistake[] {
  const { node, definition } = resolveNode(schema, owner);
  if (node.oneOf !== undefined) return taggedMistakes(node, definition, value, pointer);
  if (node.anyOf !== undefined) return unionMistakes(node, definition, value, pointer);
  if (node.const !== undefined || node.enum !== undefined) return choiceMistakes(node, value, pointer);
  if (!isOfType(node, value)) return [typeMistake(node, value, pointer)];
  if (isMap(value)) return mapMistakes(node, definition, value, pointer);
  if (Array.isArray(value)) return listMistakes(node, value, pointer);
  return scalarMistakes(node, value, pointer);
}

function mapMistakes(node: SchemaNode, definition: string, value: JsonMap, pointer: Pointer): PlacedMistake[] {
  const properties = node.properties ?? {};
  const { required = [], additionalProperties, propertyNames, minProperties = 0 } = node;
  const mistakes: PlacedMistake[] = [];
  const missing = required.filter((key) => !Object.hasOwn(value, key));
  const misspelt = missing.length === 0 ? [] : Object.keys(value).filter((key) => !Object.hasOwn(properties, key));
  const meant = new Set(misspelt.slice(0, mistakesOfMapMax).map((key) => nearest(key, Object.keys(properties))));
  for (const key of missing) if (!meant.has(key)) mistakes.push(missingKey(definition, key, pointer));
  if (Object.keys(value).length < minProperties) mistakes.push(tooFew(node, pointer, minProperties));
  for (const [key, item] of Object.entries(value)) {
    if (mistakes.length > mistakesOfMapMax) break;
    const inner = [...pointer, key];
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property !== undefined) {
      mistakes.push(...schemaMistakes(property, item, inner));
    } else if (additionalProperties === false) {
      mistakes.push(unknownKey(definition, key, Object.keys(properties), inner));
    } else if (typeof additionalProperties === 'object') {
      if (!obeysPattern(propertyNames, key)) mistakes.push(badKey(propertyNames, key, inner));
      mistakes.push(...schemaMistakes(additionalProperties, item, inner));
    }
  }
  return mistakes;
}

function listMistakes(node: SchemaNode, value: readonly unknown[], pointer: Pointer): PlacedMistake[] {
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = node;
  if (value.length < minItems) return [tooFew(node, pointer, minItems)];
  if (value.length > maxItems) {
    const summary = `${label(pointer)} has ${value.length} entries; at most ${maxItems} may stand here.`;
    return [{ code: 'KP1015', pointer, at: 'value', summary }];
  }
  return items === undefined ? [] : value.flatMap((item, index) => schemaMistakes(items, item, [...pointer, index]));
}

function scalarMistakes(node: SchemaNode, value: unknown, pointer: Pointer): PlacedMistake[] {
  const bad = (summary: string): PlacedMistake[] => [{ code: 'KP1014', pointer, at: 'value', summary }];
  if (typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity } = node;
    const inRange = value >= minimum && value <= maximum && value > exclusiveMinimum;
    return inRange ? [] : bad(`${label(pointer)} must be ${expectedWords(node)}; found ${value}.`);
  }
  if (typeof value !== 'string') return [];
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = node;
  if (value.length < minLength) return bad(`${label(pointer)} must not be empty.`);
  if (value.length > maxLength) return bad(`${label(pointer)} is longer than ${maxLength} characters.`);
  if (obeysPattern(node, value)) return [];
  return bad(`${label(pointer)} has not the right form: ${formWords(node)}${foundWords(value, pointer)}.`);
}

/** A union whose branches carry a tag: `auth.mechanism`, `fence.mode`. */
function taggedMistakes(node: SchemaNode, definition: string, value: unknown, pointer: Pointer): PlacedMistake[] {
  if (!isMap(value)) return [typeMistake({ type: 'object' }, value, pointer)];
  const [tag = ''] = node.required ?? [];
  if (!Object.hasOwn(value, tag)) return [missingKey(definition, tag, pointer)];
  const branches = node.oneOf ?? [];
  const tags = branches.flatMap((branch) => choicesOf(resolveNode(branch).node.properties?.[tag]));
  const branch = branches.find((one) => choicesOf(resolveNode(one).node.properties?.[tag]).includes(value[tag]));
  return branch === undefined
    ? choiceMistakes({ enum: tags }, value[tag], [...pointer, tag])
    : schemaMistakes(branch, value, pointer);
}

/** A union without a tag: the branch that fits the kind of value that was found speaks. */
function unionMistakes(node: SchemaNode, definition: string, value: unknown, pointer: Pointer): PlacedMistake[] {
  const branches = node.anyOf ?? [];
  const reference = misplacedReference(node, value, pointer);
  if (reference !== undefined) return [reference];
  if (definition === 'outsideValue' && !isMap(value)) return [literalMistake(value, pointer)];
  const fitting = branches.filter((branch) => isOfType(resolveNode(branch).node, value));
  const answers = fitting.map((branch) => schemaMistakes(branch, value, pointer));
  if (answers.some((mistakes) => mistakes.length === 0)) return [];
  if (isMap(value) || (fitting.length === 1 && choicesOf(fitting[0]).length === 0)) {
    const [best] = answers.sort((a, b) => weight(a) - weight(b));
    if (best !== undefined) return best;
  }
  const words = branches.flatMap((branch) => choicesOf(resolveNode(branch).node)).map(String);
  const hint = typeof value === 'string' ? didYouMean(value, words) : '';
  return [oneOfMistake(node, value, pointer, hint)];
}

/** The branch with the fewest mistakes was meant; a wrong tag or an unknown key speaks against a branch most. */
function weight(mistakes: readonly PlacedMistake[]): number {
  const heavy = mistakes.filter((one) => one.code === 'KP1013' || one.code === 'KP1010').length;
  return mistakes.length + 2 * heavy;
}

function choiceMistakes(node: SchemaNode, value: unknown, pointer: Pointer): PlacedMistake[] {
  const choices = choicesOf(node);
  if (choices.includes(value)) return [];
  const reference = misplacedReference(node, value, pointer);
  if (reference !== undefined) return [reference];
  if (pointer.length === 1 && pointer[0] === 'version') return [versionMistake(value, pointer)];
  const hint = typeof value === 'string' ? didYouMean(value, choices.map(String)) : '';
  return [oneOfMistake(node, value, pointer, hint)];
}

function oneOfMistake(node: SchemaNode, value: unknown, pointer: Pointer, hint: string): PlacedMistake {
  const found = foundWords(value, pointer);
  const end = hint === '' ? '.' : hint;
  const summary = `${label(pointer)} must be ${expectedWords(node)}${found}${end}`;
  return { code: typeof value === 'string' ? 'KP1013' : 'KP1012', pointer, at: 'value', summary };
}

function typeMistake(node: SchemaNode, value: unknown, pointer: Pointer): PlacedMistake {
  const reference = misplacedReference(node, value, pointer);
  if (reference !== undefined) return reference;
  const quotes = node.type === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  const summary = `${label(pointer)} must be ${expectedWords(node)}${foundWords(value, pointer)}.`;
  const fix = quotes ? { fix: 'Put the value in quotes.' } : {};
  return { code: 'KP1012', pointer, at: 'value', summary, ...fix };
}

function versionMistake(value: unknown, pointer: Pointer): PlacedMistake {
  const summary = `This kplan knows version 1 of the plan file's format${foundWords(value, pointer)}.`;
  return { code: 'KP1018', pointer, at: 'value', summary };
}

function missingKey(definition: string, key: string, pointer: Pointer): PlacedMistake {
  const summary = `${ownerWords(definition)} needs the key \`${key}\`.`;
  return { code: 'KP1011', pointer, at: 'key', summary: summary.charAt(0).toUpperCase() + summary.slice(1) };
}

function unknownKey(definition: string, key: string, known: readonly string[], pointer: Pointer): PlacedMistake {
  // A secret that stands between braces is read as a key.
  const named = isSecret(pointer.slice(0, -1)) ? 'What stands here' : `\`${key}\``;
  const summary = `${named} is not a key of ${ownerWords(definition)}`;
  const hint = didYouMean(key, known);
  const other = hint === '' && !definition.startsWith('absent') ? otherOwner(key) : undefined;
  const end = other === undefined ? '.' : `; it is a key of ${other}.`;
  return { code: 'KP1010', pointer, at: 'key', summary: summary + (hint === '' ? end : hint) };
}

function badKey(names: SchemaNode | undefined, key: string, pointer: Pointer): PlacedMistake {
  const summary = `\`${key}\` cannot be a name here: ${formWords(names ?? {})}.`;
  return { code: 'KP1014', pointer, at: 'key', summary };
}

function tooFew(node: SchemaNode, pointer: Pointer, fewest: number): PlacedMistake {
  const keys = Object.keys(node.properties ?? {});
  const which = keys.length === 0 ? '' : `: ${keys.map((key) => `\`${key}\``).join(', ')}`;
  const summary = `${label(pointer)} must have at least ${fewest} ${fewest === 1 ? 'entry' : 'entries'}${which}.`;
  return { code: 'KP1015', pointer, at: 'value', summary };
}

/** `{ env }` or `{ file }` where the value itself is wanted. */
function misplacedReference(node: SchemaNode, value: unknown, pointer: Pointer): PlacedMistake | undefined {
  if (!isMap(value)) return undefined;
  const keys = Object.keys(value);
  const [key] = keys;
  if (keys.length !== 1 || (key !== 'env' && key !== 'file')) return undefined;
  const wanted = key === 'env' ? '#/$defs/environmentReference' : '#/$defs/fileReference';
  const takes = (node.anyOf ?? []).some((branch) => branch.$ref === wanted || branch.$ref === '#/$defs/outsideValue');
  const summary = `\`{ ${key} }\` may not stand here: ${label(pointer)} takes the value itself.`;
  return takes ? undefined : { code: 'KP1118', pointer, at: 'value', summary };
}

/** A literal where only `{ env }` or `{ file }` may stand. The literal itself is not repeated. */
function literalMistake(value: unknown, pointer: Pointer): PlacedMistake {
  if (value === null || Array.isArray(value) || !isSecret(pointer)) {
    const summary = `${label(pointer)} must be \`{ env: NAME }\` or \`{ file: PATH }\`.`;
    return { code: 'KP1012', pointer, at: 'value', summary };
  }
  const summary = `${label(pointer)} is a secret and may not stand in the plan file.`;
  return { code: 'KP1120', pointer, at: 'value', summary };
}

function choicesOf(from: SchemaNode | undefined): readonly unknown[] {
  const node = from === undefined ? undefined : resolveNode(from).node;
  return node?.enum ?? (node?.const === undefined ? [] : [node.const]);
}

function isOfType(node: SchemaNode, value: unknown): boolean {
  if (node.anyOf !== undefined) return node.anyOf.some((branch) => isOfType(resolveNode(branch).node, value));
  const types = typeof node.type === 'string' ? [node.type] : node.type;
  if (types === undefined) return choicesOf(node).some((choice) => typeof choice === typeof value);
  return types.some((type) => {
    if (type === 'integer') return Number.isInteger(value);
    if (type === 'number') return Number.isFinite(value);
    if (type === 'array') return Array.isArray(value);
    return type === 'object' ? isMap(value) : typeof value === type;
  });
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function obeysPattern(node: SchemaNode | undefined, text: string): boolean {
  return node?.pattern === undefined || new RegExp(node.pattern, 'u').test(text);
}
