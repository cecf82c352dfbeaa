import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePlanFile } from '../../../src/plan-file/parse.ts';
import { planFileSchema } from '../../../src/plan-file/schema.generated.ts';
import { schemaMistakes } from '../../../src/plan-file/schema-mistakes.ts';
import type { SchemaNode } from '../../../src/plan-file/schema-node.ts';
import { resolveNode } from '../../../src/plan-file/schema-words.ts';

const definitions: readonly (readonly [string, SchemaNode])[] = [
  ['plan file', planFileSchema],
  ...Object.entries(planFileSchema.$defs ?? {}),
];
const properties = definitions.flatMap(([definition, node]) =>
  Object.entries(node.properties ?? {}).map(([key, property]) => ({ definition, key, property })),
);

test('every property says what it is and shows an example that obeys it', () => {
  for (const { definition, key, property } of properties) {
    const { node } = resolveNode(property);
    const name = `${key} of ${definition}`;
    assert.ok((property.description ?? node.description ?? '').length > 5, `${name} has no description`);
    const examples = property.examples ?? node.examples;
    assert.ok(Array.isArray(examples) && examples.length > 0, `${name} has no example`);
    for (const example of examples) assert.equal(schemaMistakes(property, example), [], name);
  }
});

test('every default obeys its property', () => {
  const withDefault = [...properties.map((one) => one.property), ...definitions.map(([, node]) => node)];
  for (const property of withDefault.map((one) => ({ ...resolveNode(one).node, ...one }))) {
    if ('default' in property) assert.equal(schemaMistakes(property, property.default), []);
  }
});

test('every map is closed, so that a misspelt key cannot be ignored', () => {
  for (const [definition, node] of definitions) {
    if (node.properties !== undefined) assert.is(node.additionalProperties, false, definition);
  }
});

test('plans/every-key.yaml has every key of the schema', async () => {
  const path = join(import.meta.dirname, '..', '..', '..', 'plans', 'every-key.yaml');
  const { planFile } = parsePlanFile(await readFile(path), path);
  const used = new Set(keysOf(planFile));
  // `prefix` is the other form of `suffix`.
  const missing = properties.map((one) => one.key).filter((key) => !used.has(key) && key !== 'prefix');
  assert.equal(missing, []);
});

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...keysOf(item)]);
}

test.run();
