import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { planFileLimits } from './limits.ts';
import type { PlacedValue } from './placed-value.ts';
import type { TextMistake } from './scan-tokens.ts';
import { isSettingValue } from './setting-paths.ts';

export interface PlacedDocument {
  readonly root: PlacedValue;
  readonly mistakes: readonly TextMistake[];
}

interface Placing {
  /** The nodes that anchors stood for when each alias was read. */
  readonly anchored: ReadonlyMap<Node, Node>;
  readonly pointer: (string | number)[];
  /** The nodes that are being expanded, for aliases that hold themselves. */
  readonly open: Set<Node>;
  readonly mistakes: TextMistake[];
  nodes: number;
  stopped: boolean;
}

const nothing: ReadonlyMap<string | number, PlacedValue> = new Map();

/**
 * The document's plain values with their places. Aliases and `<<` are expanded, duplicate keys reported, and setting
 * values taken as they are written. Stops at the first limit that the expansion breaks.
 */
export function placeValues(document: Document.Parsed): PlacedDocument {
  const placing: Placing = {
    anchored: resolveAliases(document.contents),
    pointer: [],
    open: new Set(),
    mistakes: [],
    nodes: 0,
    stopped: false,
  };
  const root = placeNode(placing, document.contents, 0, 0);
  return { root, mistakes: placing.mistakes };
}

/** In document order: an anchor may be given again, and an alias means the last one before it. */
function resolveAliases(contents: Node | null): Map<Node, Node> {
  const anchors = new Map<string, Node>();
  const resolved = new Map<Node, Node>();
  const visit = (node: Node | null): void => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) resolved.set(node, target);
      return;
    }
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isSeq(node)) for (const item of node.items) visit(item as Node | null);
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      visit(key as Node | null);
      visit(value as Node | null);
    }
  };
  visit(contents);
  return resolved;
}

function placeNode(placing: Placing, node: Node | null, offset: number, keyOffset: number): PlacedValue {
  const start = node?.range?.[0] ?? offset;
  placing.nodes += 1;
  const { nodesMax, depthMax } = planFileLimits;
  if (placing.nodes > nodesMax) stop(placing, start, `With its aliases expanded, it has more than ${nodesMax} values.`);
  if (placing.open.size > depthMax)
    stop(placing, start, `With its aliases expanded, it is more than ${depthMax} deep.`);
  if (placing.stopped || node === null) return { value: null, offset: start, keyOffset, children: nothing };
  if (isAlias(node)) return placeAlias(placing, node, start, keyOffset);
  if (!isMap(node) && !isSeq(node)) {
    return { value: scalarValue(placing, node), offset: start, keyOffset, children: nothing };
  }
  placing.open.add(node);
  const children: PlacedValue['children'] = isMap(node)
    ? placeMap(placing, node)
    : placeList(placing, node.items as (Node | null)[], start);
  placing.open.delete(node);
  const value = isMap(node)
    ? Object.fromEntries(Array.from(children, ([key, child]) => [key, child.value]))
    : Array.from(children.values(), (child) => child.value);
  return { value, offset: start, keyOffset, children };
}

function placeAlias(placing: Placing, alias: Node, offset: number, keyOffset: number): PlacedValue {
  const target = aliasTarget(placing, alias, offset);
  return target === undefined
    ? { value: null, offset, keyOffset, children: nothing }
    : placeNode(placing, target, offset, keyOffset);
}

function aliasTarget(placing: Placing, alias: Node, offset: number): Node | undefined {
  const target = placing.anchored.get(alias);
  if (target === undefined) return mistake(placing, 'KP1007', offset, 'No anchor (`&name`) stands before this alias.');
  if (placing.open.has(target)) return mistake(placing, 'KP1007', offset, 'This alias stands within its own anchor.');
  return target;
}

function placeList(placing: Placing, items: readonly (Node | null)[], offset: number): Map<number, PlacedValue> {
  const children = new Map<number, PlacedValue>();
  for (const [index, item] of items.entries()) {
    if (placing.stopped) break;
    placing.pointer.push(index);
    children.set(index, placeNode(placing, item, offset, item?.range?.[0] ?? offset));
    placing.pointer.pop();
  }
  return children;
}

/** A map's own keys win over `<<`, and an earlier merged map over a later one. */
function placeMap(placing: Placing, map: YAMLMap): Map<string, PlacedValue> {
  const children = new Map<string, PlacedValue>();
  const merges: Pair[] = [];
  for (const pair of map.items) {
    if (placing.stopped) break;
    const key = pair.key as Node | null;
    const keyOffset = key?.range?.[0] ?? map.range?.[0] ?? 0;
    if (isMergeKey(key)) {
      merges.push(pair);
      continue;
    }
    const name = keyName(placing, key, keyOffset);
    if (name === undefined) continue;
    if (children.has(name)) {
      mistake(placing, 'KP1006', keyOffset, `\`${name}\` stands twice in this map.`);
      continue;
    }
    placing.pointer.push(name);
    children.set(name, placeNode(placing, pair.value as Node | null, keyOffset, keyOffset));
    placing.pointer.pop();
  }
  for (const merge of merges) mergeInto(placing, children, merge);
  return children;
}

function mergeInto(placing: Placing, children: Map<string, PlacedValue>, merge: Pair): void {
  const value = merge.value as Node | null;
  const sources = isSeq(value) ? (value.items as (Node | null)[]) : [value];
  for (const source of sources) {
    const offset = source?.range?.[0] ?? (merge.key as Node).range?.[0] ?? 0;
    const map = isAlias(source) ? aliasTarget(placing, source, offset) : source;
    if (isAlias(source) && map === undefined) continue;
    if (!isMap(map)) {
      mistake(placing, 'KP1008', offset, '`<<` takes a map, an alias of a map, or a list of these.');
      continue;
    }
    placing.open.add(map);
    for (const [key, child] of placeMap(placing, map)) if (!children.has(key)) children.set(key, child);
    placing.open.delete(map);
  }
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

function keyName(placing: Placing, node: Node | null, offset: number): string | undefined {
  const key = isAlias(node) ? aliasTarget(placing, node, offset) : node;
  if (!isScalar(key)) return mistake(placing, 'KP1012', offset, 'A key must be text.');
  placing.nodes += 1;
  return key.type === 'PLAIN' ? (key.source ?? '') : String(key.value);
}

/** YAML's value; of a setting the text as written, so that no digit of a 64-bit number is lost. */
function scalarValue(placing: Placing, node: Node): unknown {
  if (!isScalar(node)) return null;
  const { value } = node;
  const asWritten = isSettingValue(placing.pointer) && node.type === 'PLAIN' && value !== null;
  return asWritten ? node.source : value;
}

function stop(placing: Placing, offset: number, summary: string): void {
  if (!placing.stopped) placing.mistakes.push({ code: 'KP1003', offset, summary });
  placing.stopped = true;
}

function mistake(placing: Placing, code: DiagnosticCode, offset: number, summary: string): undefined {
  if (placing.mistakes.length < planFileLimits.diagnosticsMax) placing.mistakes.push({ code, offset, summary });
  return undefined;
}
