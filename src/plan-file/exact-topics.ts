import { compilePattern, isPattern } from '../migration/patterns.ts';
import type { Pointer } from './location.ts';
import type { Flow, Naming, PlanFile } from './plan-file.generated.ts';

/** A topic that a flow mirrors by its full name, so that no cluster need be asked. */
export interface ExactTopic {
  readonly flow: Flow;
  readonly source: string;
  readonly target: string;
  /** Where the target's name comes from. */
  readonly pointer: Pointer;
}

/** The topics that the flows of a plan file name in full: in mappings, and in `include` unless excluded. */
export function exactTopics(planFile: PlanFile): ExactTopic[] {
  return (planFile.flows ?? []).flatMap((flow, index) => topicsOfFlow(flow, ['flows', index]));
}

function topicsOfFlow(flow: Flow, pointer: Pointer): ExactTopic[] {
  const topics = new Map<string, ExactTopic>();
  for (const [index, mapping] of (flow.mappings ?? []).entries()) {
    const { source } = mapping;
    if (isPattern(source) || topics.has(source)) continue;
    const at = [...pointer, 'mappings', index, mapping.target === undefined ? 'source' : 'target'];
    topics.set(source, { flow, source, target: mapping.target ?? targetName(flow, source), pointer: at });
  }
  const excluded = matcherOf(flow.topics?.exclude ?? []);
  for (const [index, source] of (flow.topics?.include ?? []).entries()) {
    if (isPattern(source) || topics.has(source) || excluded(source)) continue;
    const at = [...pointer, 'topics', 'include', index];
    topics.set(source, { flow, source, target: targetName(flow, source), pointer: at });
  }
  return [...topics.values()];
}

/** The target's name that the flow's `naming` gives; mappings are not looked at. */
export function targetName(flow: { readonly source: string; readonly naming?: Naming }, topic: string): string {
  const { naming = 'same' } = flow;
  if (naming === 'same') return topic;
  if (naming === 'prefixed') return `${flow.source}.${topic}`;
  return 'prefix' in naming ? naming.prefix + topic : topic + naming.suffix;
}

/** Whether one of the patterns matches; those that cannot be compiled match nothing and are reported elsewhere. */
export function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((text) => !isPattern(text)));
  const compiled = patterns
    .filter(isPattern)
    .map(compilePattern)
    .filter((one) => 'matches' in one);
  return (name) => names.has(name) || compiled.some((one) => one.matches(name));
}

/**
 * Whether a topic's name says that its records came from a cluster, however many clusters ago: `west.east.orders` came
 * from `west` and from `east`. A `prefixed` flow does not carry such a topic back there, which is what breaks loops (as
 * MirrorMaker 2's DefaultReplicationPolicy does).
 *
 * @param clusters the names of all clusters of the plan file
 */
export function cameFrom(topic: string, cluster: string, clusters: readonly string[]): boolean {
  let rest = topic;
  for (;;) {
    const prefix = clusters.find((name) => rest.startsWith(`${name}.`));
    if (prefix === undefined || prefix === cluster) return prefix !== undefined;
    rest = rest.slice(prefix.length + 1);
  }
}
