import type { TopicSnapshot } from '../cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { named } from '../diagnostics/named.ts';
import { matcherOf } from '../plan-file/exact-topics.ts';
import { nearest } from '../plan-file/nearest.ts';
import type { Flow as FlowInFile, Mapping } from '../plan-file/plan-file.generated.ts';
import { isPattern, neverMatchedByPattern } from './patterns.ts';
import type { Place } from './place.ts';

export interface Matched {
  /** The mapping that speaks of each member, by the source topic's name; in the order of names. */
  readonly members: ReadonlyMap<string, Mapping | undefined>;
  readonly diagnostics: readonly Diagnostic[];
}

type Topics = ReadonlyMap<string, TopicSnapshot>;

interface Entry {
  readonly text: string;
  readonly pointer: readonly (string | number)[];
}

/** Which topics of the source a flow has: what `include` and full names in mappings bring, without what `exclude` covers. */
export function matchTopics(flow: FlowInFile, index: number, topics: Topics, place: Place): Matched {
  const isExcluded = matcherOf(flow.topics?.exclude ?? []);
  const included = (flow.topics?.include ?? []).map((text, at) => {
    const entry = { text, pointer: ['flows', index, 'topics', 'include', at] };
    return isPattern(text) ? matchPattern(entry, topics, place) : matchName(entry, flow, topics, place);
  });
  const mapped = (flow.mappings ?? []).flatMap(({ source: text }, at) => {
    const entry = { text, pointer: ['flows', index, 'mappings', at, 'source'] };
    if (isPattern(text)) return [];
    return [isExcluded(text) ? mappedAndExcluded(entry, place) : matchName(entry, flow, topics, place)];
  });
  const found = [...included, ...mapped];
  const names = new Set(found.flatMap((one) => one.names).filter((name) => !isExcluded(name)));
  const skipped = new Set(found.flatMap((one) => one.skipped).filter((name) => !isExcluded(name) && !names.has(name)));
  const chosen = chooseMappings([...names].sort(), flow.mappings ?? [], index, place);
  const diagnostics = [
    ...found.flatMap((one) => one.diagnostics),
    ...chosen.diagnostics,
    ...skippedNotes(flow, [...skipped], place(['flows', index])),
    ...streamsWarnings(flow, names, place(['flows', index])),
  ];
  return { members: chosen.members, diagnostics };
}

/** An exact name wins over a pattern; two patterns on one topic are a mistake. */
function chooseMappings(names: readonly string[], mappings: readonly Mapping[], index: number, place: Place): Matched {
  const exact = new Map(mappings.map((mapping) => [mapping.source, mapping]));
  const patterns = mappings.flatMap((mapping, at) =>
    isPattern(mapping.source) ? [{ mapping, at, matches: matcherOf([mapping.source]) }] : [],
  );
  const members = new Map<string, Mapping | undefined>();
  const diagnostics: Diagnostic[] = [];
  for (const name of names) {
    const [first, second] = exact.has(name) ? [] : patterns.filter((pattern) => pattern.matches(name));
    members.set(name, exact.get(name) ?? first?.mapping);
    if (second === undefined) continue;
    const summary = `Two pattern mappings cover topic ${name}.`;
    diagnostics.push(diagnostic('KP2005', { summary, ...place(['flows', index, 'mappings', second.at, 'source']) }));
  }
  return { members, diagnostics };
}

interface Found {
  readonly names: readonly string[];
  readonly skipped: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

function matchPattern(entry: Entry, topics: Topics, place: Place): Found {
  const matches = matcherOf([entry.text]);
  const all = [...topics.values()].filter((topic) => matches(topic.name));
  const isSkipped = (topic: TopicSnapshot) => topic.internal || neverMatchedByPattern(topic.name) !== null;
  const sorted = Map.groupBy(all, isSkipped);
  const names = (sorted.get(false) ?? []).map((topic) => topic.name);
  const skipped = (sorted.get(true) ?? []).map((topic) => topic.name);
  const none = diagnostic('KP2007', {
    summary: `No topic of the source matches "${entry.text}".`,
    ...place(entry.pointer),
  });
  return { names, skipped, diagnostics: names.length === 0 ? [none] : [] };
}

function matchName(entry: Entry, flow: FlowInFile, topics: Topics, place: Place): Found {
  if (topics.has(entry.text)) return { names: [entry.text], skipped: [], diagnostics: [] };
  const near = nearest(entry.text, [...topics.keys()]);
  const fix = near === undefined ? undefined : `Did you mean "${near}"?`;
  const summary = `${flow.source} has no topic "${entry.text}".`;
  return {
    names: [],
    skipped: [],
    diagnostics: [diagnostic('KP2001', { summary, fix, ...place(entry.pointer) })],
  };
}

function mappedAndExcluded(entry: Entry, place: Place): Found {
  const summary = `Topic ${entry.text} is mapped and excluded by the same flow.`;
  return { names: [], skipped: [], diagnostics: [diagnostic('KP2006', { summary, ...place(entry.pointer) })] };
}

/** One note for each kind of topic that patterns never match: what it is, and what to do about it. */
function skippedNotes(flow: FlowInFile, names: readonly string[], at: ReturnType<Place>): Diagnostic[] {
  const brokers = 'Internal to the brokers: the target makes its own.';
  const kinds = Map.groupBy([...names].sort(), (name) => neverMatchedByPattern(name)?.note ?? brokers);
  return [...kinds].map(([fix, alike]) => {
    const summary = `Flow ${flow.name} skips ${alike.length === 1 ? alike[0] : counted(alike.length, 'internal topic')}.`;
    return diagnostic('KP2003', { summary, detail: alike.length === 1 ? undefined : named(alike), fix, ...at });
  });
}

function streamsWarnings(flow: FlowInFile, names: Iterable<string>, at: ReturnType<Place>): Diagnostic[] {
  const owned = [...names].filter((name) => name.endsWith('-changelog') || name.endsWith('-repartition')).sort();
  if (owned.length === 0) return [];
  const summary = `Flow ${flow.name} mirrors ${counted(owned.length, 'topic')} of Kafka Streams applications.`;
  return [diagnostic('KP2004', { summary, detail: named(owned), ...at })];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
