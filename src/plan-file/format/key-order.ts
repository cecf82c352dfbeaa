import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { SchemaNode } from '../schema-node.ts';

interface Sorting {
  readonly root: SchemaNode;
  /** Names that the anchors and aliases below a key or value use; nothing where the document has no anchor. */
  readonly names: (pair: Pair) => AnchorNames;
}

interface AnchorNames {
  readonly anchors: ReadonlySet<string>;
  readonly aliases: ReadonlySet<string>;
}

/**
 * Puts the keys of every map into the schema's order, `<<` first and unknown ones last; maps with names of the author's
 * own (settings, clusters, labels) keep theirs. A map stays as it is where an alias would stand before its anchor, or
 * mean another one. Comments go with their key, but those at the head of the file stay there.
 */
export function sortKeys(document: Document, schema: SchemaNode): void {
  const { contents } = document;
  const first = isMap(contents) ? contents.items[0] : undefined;
  sortNode(contents as Node | null, resolved(schema, schema), { root: schema, names: namesBelow() });
  if (first === undefined || !isMap(contents) || contents.items[0] === first) return;
  const key = first.key as Node;
  if (document.commentBefore || !key.commentBefore) return;
  document.commentBefore = key.commentBefore;
  key.commentBefore = null;
}

function sortNode(node: Node | null, schemas: readonly SchemaNode[], sorting: Sorting): void {
  if (isSeq(node)) {
    const items = schemas.flatMap((one) => resolved(one.items, sorting.root));
    for (const item of node.items) sortNode(item as Node | null, items, sorting);
  }
  if (!isMap(node)) return;
  for (const pair of node.items) sortValue(pair, schemas, sorting);
  const order = schemas.flatMap((one) => Object.keys(one.properties ?? {}));
  if (order.length > 0) sortMap(node, order, sorting);
}

/** A merged map has the keys of the map that it is merged into. */
function sortValue(pair: Pair, schemas: readonly SchemaNode[], sorting: Sorting): void {
  const value = pair.value as Node | null;
  const key = keyText(pair);
  if (key === '<<') {
    for (const merged of isSeq(value) ? value.items : [value]) sortNode(merged as Node | null, schemas, sorting);
    return;
  }
  const below = schemas.flatMap((one) => resolved(propertyOf(one, key), sorting.root));
  sortNode(value, below, sorting);
}

function propertyOf(schema: SchemaNode, key: string): SchemaNode | undefined {
  const { properties = {}, additionalProperties } = schema;
  if (Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function sortMap(map: YAMLMap, order: readonly string[], { names }: Sorting): void {
  const rank = (pair: Pair) => {
    const key = keyText(pair);
    const at = order.indexOf(key);
    return key === '<<' ? -1 : at === -1 ? order.length : at;
  };
  const sorted = [...map.items].sort((a, b) => rank(a) - rank(b));
  if (sorted.every((pair, index) => pair === map.items[index]) || isBound(map.items.map(names))) return;
  const [before] = map.items;
  const [after] = sorted;
  map.items = sorted;
  if (before === after || !isPair(before) || !isPair(after)) return;
  const [oldFirst, newFirst] = [before.key as Node, after.key as Node];
  if (newFirst.spaceBefore) [oldFirst.spaceBefore, newFirst.spaceBefore] = [true, false];
}

/** Whether the order of the entries matters to any anchor. */
function isBound(entries: readonly AnchorNames[]): boolean {
  return entries.some(({ anchors }, index) =>
    entries.some((other, at) => at !== index && [...anchors].some((n) => other.anchors.has(n) || other.aliases.has(n))),
  );
}

function namesBelow(): Sorting['names'] {
  const known = new WeakMap<Pair, AnchorNames>();
  const names = (pair: Pair): AnchorNames => {
    const found = known.get(pair);
    if (found !== undefined) return found;
    const anchors = new Set<string>();
    const aliases = new Set<string>();
    const pending: unknown[] = [pair.key, pair.value];
    while (pending.length > 0) {
      const node = pending.pop();
      if (isAlias(node)) aliases.add(node.source);
      if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor) anchors.add(node.anchor);
      if (isSeq(node)) pending.push(...node.items);
      if (!isMap(node)) continue;
      for (const inner of node.items) {
        const below = names(inner);
        for (const name of below.anchors) anchors.add(name);
        for (const name of below.aliases) aliases.add(name);
      }
    }
    const all = { anchors, aliases };
    known.set(pair, all);
    return all;
  };
  return names;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

/** What a `$ref` and the alternatives of `anyOf` and `oneOf` stand for. The plan file's schema does not hold itself. */
function resolved(schema: SchemaNode | undefined, root: SchemaNode): readonly SchemaNode[] {
  if (schema === undefined) return [];
  const { $ref, anyOf = [], oneOf = [] } = schema;
  const target = $ref === undefined ? undefined : root.$defs?.[$ref.replace('#/$defs/', '')];
  return [
    ...(target === undefined ? [] : resolved(target, root)),
    ...[...anyOf, ...oneOf].flatMap((one) => resolved(one, root)),
    schema,
  ];
}
