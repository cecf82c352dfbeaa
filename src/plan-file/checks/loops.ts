import { isPattern, patternSize } from '../../migration/patterns.ts';
import { cameFrom, matcherOf, targetName } from '../exact-topics.ts';
import type { Pointer } from '../location.ts';
import type { Flow, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** A flow as the search for loops sees it. */
interface Hop {
  readonly flow: Flow;
  readonly pointer: Pointer;
  /** Steps that `carry` takes at most for each character of the topic. */
  readonly size: number;
  /** The target's name of a topic, or `undefined` where the flow does not mirror it. */
  readonly carry: (topic: string) => string | undefined;
}

/** Names that are tried, and steps of the search, at most: a search that is cut short reports what it found. */
const triedNamesMax = 400;
const joinedNamesMax = 20;
const stepsMax = 20_000_000;
const nameLengthMax = 249;

/**
 * Flows that would mirror a topic round and round. The plan file's own names and patterns give the names that are
 * tried, so that every loop reported is one that a named topic would take; a loop of regular expressions alone may go
 * unnoticed here and is found when the topics are known. Naming by the source cluster (`prefixed`) breaks loops: a
 * topic whose name says that it came from a cluster is not carried back there.
 */
export function checkLoops(planFile: PlanFile): PlacedMistake[] {
  const flows = planFile.flows ?? [];
  if (!hasCycle(flows)) return [];
  const clusters = Object.keys(planFile.clusters);
  const hops = flows.map((flow, index) => hopOf(flow, ['flows', index], clusters));
  const names = triedNames(flows);
  const search: Search = { hops: Map.groupBy(hops, (hop) => hop.flow.source), steps: 0 };
  const reported = new Set<string>();
  const mistakes: PlacedMistake[] = [];
  for (const first of hops) {
    for (const name of names) {
      const round = followRound(search, first, name);
      if (search.steps >= stepsMax) return mistakes;
      if (round === undefined) continue;
      const key = [...new Set(round.map((hop) => hop.flow.name))].sort().join('/');
      if (!reported.has(key)) mistakes.push(loopMistake(round, name));
      reported.add(key);
      break;
    }
  }
  return mistakes;
}

function loopMistake(round: readonly Hop[], name: string): PlacedMistake {
  const last = round.at(-1) as Hop;
  const way = [...round.map((hop) => hop.flow.source), last.flow.target].map((cluster) => `\`${cluster}\``);
  const summary = `A topic like \`${name}\` would be mirrored round and round: ${way.join(' -> ')}.`;
  return { code: 'KP1114', pointer: last.pointer, at: 'value', summary };
}

function hopOf(flow: Flow, pointer: Pointer, clusters: readonly string[]): Hop {
  const included = matcherOf(flow.topics?.include ?? []);
  const excluded = matcherOf(flow.topics?.exclude ?? []);
  const exact = new Map((flow.mappings ?? []).map((mapping) => [mapping.source, mapping]));
  const cameFromTarget = (topic: string) => flow.naming === 'prefixed' && cameFrom(topic, flow.target, clusters);
  const carry = (topic: string) => {
    const mapping = exact.get(topic);
    if (excluded(topic) || (mapping === undefined && !included(topic)) || cameFromTarget(topic)) return undefined;
    return mapping?.target ?? targetName(flow, topic);
  };
  const patterns = [...(flow.topics?.include ?? []), ...(flow.topics?.exclude ?? [])].filter(isPattern);
  const size = patterns.reduce((sum, text) => sum + patternSize(text), 1);
  return { flow, pointer, size, carry };
}

interface Search {
  /** By the cluster that they lead away from. */
  readonly hops: ReadonlyMap<string, readonly Hop[]>;
  steps: number;
}

/** The hops of a round that a topic takes from `first` until a flow would carry it for the second time. */
function followRound(search: Search, first: Hop, name: string): Hop[] | undefined {
  const start = carryCounted(search, first, name);
  const ways: { path: readonly Hop[]; topic: string }[] = start === undefined ? [] : [{ path: [first], topic: start }];
  for (let way = ways.pop(); way !== undefined && search.steps < stepsMax; way = ways.pop()) {
    const { path, topic } = way;
    if (topic.length > nameLengthMax) continue;
    for (const hop of search.hops.get(path.at(-1)?.flow.target ?? '') ?? []) {
      const carried = carryCounted(search, hop, topic);
      if (carried === undefined) continue;
      if (hop === first) return [...path];
      if (!path.includes(hop)) ways.push({ path: [...path, hop], topic: carried });
    }
  }
  return undefined;
}

function carryCounted(search: Search, hop: Hop, topic: string): string | undefined {
  search.steps += hop.size * topic.length + 50;
  return search.steps < stepsMax ? hop.carry(topic) : undefined;
}

/** Whether the flows alone, whatever their topics, lead from a cluster back to it: clusters without an end fall away. */
function hasCycle(flows: readonly Flow[]): boolean {
  let left = flows.filter((flow) => flow.source !== flow.target);
  for (;;) {
    const sources = new Set(left.map((flow) => flow.source));
    const kept = left.filter((flow) => sources.has(flow.target));
    if (kept.length === left.length) return kept.length > 0;
    left = kept;
  }
}

/** Names that the plan file's patterns may match: each as it stands with its wildcards filled, and any two joined. */
function triedNames(flows: readonly Flow[]): string[] {
  const texts = flows.flatMap((flow) => [
    ...(flow.topics?.include ?? []),
    ...(flow.mappings ?? []).map((mapping) => mapping.source),
  ]);
  const filled = [...new Set(texts.map(fill))];
  const parts = filled.slice(0, joinedNamesMax);
  const joined = parts.flatMap((a) => parts.flatMap((b) => (a === b ? [] : [`${a}${b}`])));
  return [...new Set([...filled.slice(0, triedNamesMax - joined.length), ...joined])];
}

function fill(text: string): string {
  if (!isPattern(text)) return text;
  if (!text.startsWith('/')) return text.replaceAll('*', 'x').replaceAll('?', 'x');
  const literal = text
    .slice(1, -1)
    .replaceAll(/\.[*+]/gu, 'x')
    .replaceAll(/\[0-9\][+*]?|\\d[+*]?/gu, '1');
  return literal
    .replaceAll(/\[a-z\][+*]?/giu, 'x')
    .replaceAll(/[\\^$()]/gu, '')
    .replaceAll(/\|.*/gu, '');
}
