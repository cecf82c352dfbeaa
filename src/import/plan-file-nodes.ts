import { type Node, Pair, Scalar, stringify, YAMLMap, YAMLSeq } from 'yaml';
import { printable } from '../diagnostics/printable.ts';
import type { ImportedSection } from './imported.ts';

/** Readings of a plain scalar that are no value (YAML 1.2, core schema). */
const nothing = /^(?:~|null|Null|NULL)?$/u;

/** Comments above a map's key or a list's entry, a line each. */
export function comment(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : lines.map((line) => ` ${printable(line)}`).join('\n');
}

export function pairOf(key: string, value: Node, remarks: readonly string[] = []): Pair<Scalar, Node> {
  const node = textNode(key);
  const above = comment(remarks);
  if (above !== undefined) node.commentBefore = above;
  return new Pair<Scalar, Node>(node, value);
}

export function blockMap(pairs: readonly Pair[]): YAMLMap {
  const map = new YAMLMap();
  map.items.push(...pairs);
  return map;
}

/** A list with an entry a line; entries that are too wide for one become blocks when the text is laid out. */
export function sectionNode({ entries }: ImportedSection<object>): YAMLSeq {
  const list = new YAMLSeq();
  list.flow = entries.length === 0;
  for (const { entry, remarks } of entries) {
    const node = valueNode(entry);
    const above = comment(remarks);
    if (above !== undefined) node.commentBefore = above;
    list.items.push(node);
  }
  return list;
}

/** A value in one line. Below `config` stand settings, which are written without quotes where they can be. */
export function valueNode(value: unknown, isSetting = false): YAMLMap | YAMLSeq | Scalar {
  if (typeof value === 'string') return isSetting ? settingNode(value) : textNode(value);
  if (typeof value !== 'object' || value === null) return scalar(String(value), Scalar.PLAIN);
  if (Array.isArray(value)) {
    const list = new YAMLSeq();
    list.flow = true;
    for (const item of value) list.items.push(valueNode(item, isSetting));
    return list;
  }
  const pairs = Object.entries(value).map(([key, one]) => pairOf(key, valueNode(one, isSetting || key === 'config')));
  const map = blockMap(pairs);
  map.flow = true;
  return map;
}

/** Text in quotes where it would be read as something else, and, as people write it, where it has a colon. */
function textNode(text: string): Scalar {
  const isPlain = stringify(text, { lineWidth: 0 }) === `${text}\n` && !text.includes(':');
  return scalar(text, isPlain ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE);
}

/** A setting's value is taken as it is written: a number of 64 bits needs no quotes. */
function settingNode(text: string): Scalar {
  return scalar(text, nothing.test(text) ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN);
}

function scalar(text: string, type: Scalar.Type): Scalar {
  const node = new Scalar(text);
  node.type = type;
  return node;
}
