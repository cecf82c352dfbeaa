import { RE2JS } from 're2js';
import { expressionSize } from './pattern-size.ts';

export interface Pattern {
  /** Whether the whole name matches. */
  matches(name: string): boolean;
}

/** A pattern that cannot be compiled, and why. */
export interface PatternError {
  readonly error: string;
}

/** The largest program that a regular expression may become; a list of a hundred long names is about 3,000. */
const expressionSizeMax = 10_000;

/** What matching one character against the pattern costs at most, in steps. */
export function patternSize(text: string): number {
  return isExpression(text) ? expressionSize(text.slice(1, -1)) : text.length;
}

/** True for a glob with `*` or `?` and for a regular expression; false for a full name. */
export function isPattern(text: string): boolean {
  return isExpression(text) || text.includes('*') || text.includes('?');
}

/**
 * Compiles a pattern of the plan file: a glob with `*` (any characters) and `?` (one), everything else as it stands; or
 * between slashes a regular expression in RE2 syntax. Both match whole names, in time linear in the name (a regular
 * expression) or in name times glob.
 */
export function compilePattern(text: string): Pattern | PatternError {
  if (!isExpression(text)) return { matches: (name) => globMatches(text, name) };
  const expression = text.slice(1, -1);
  if (expression === '') return { error: 'the expression is empty' };
  if (expressionSize(expression) > expressionSizeMax) return { error: 'with its repetitions it is too large' };
  try {
    const compiled = RE2JS.compile(expression);
    return { matches: (name) => compiled.testExact(name) };
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function isExpression(text: string): boolean {
  return text.length >= 2 && text.startsWith('/') && text.endsWith('/');
}

/**
 * The package `matcher` has no `?` and gives `!` and `\` a meaning, so the match is ours: on a mismatch the last `*`
 * takes one character more, which no earlier `*` could do better.
 */
function globMatches(glob: string, name: string): boolean {
  let globAt = 0;
  let nameAt = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (nameAt < name.length) {
    const wanted = glob[globAt];
    if (wanted === '*') {
      starAt = globAt;
      resumeAt = nameAt;
      globAt += 1;
    } else if (wanted === '?' || (wanted !== undefined && wanted === name[nameAt])) {
      globAt += 1;
      nameAt += 1;
    } else if (starAt >= 0) {
      resumeAt += 1;
      nameAt = resumeAt;
      globAt = starAt + 1;
    } else {
      return false;
    }
  }
  while (glob[globAt] === '*') globAt += 1;
  return globAt === glob.length;
}

export interface NeverMatched {
  /** A glob over topic names. */
  readonly glob: string;
  /** What the topic is, and what to do about it. */
  readonly note: string;
}

/** Topics that no pattern of a flow matches; the first entry that covers a name speaks. */
export const neverMatchedTopics: readonly NeverMatched[] = [
  { glob: '__kplan.*', note: 'Kept by kplan itself: it belongs to its cluster and is never mirrored.' },
  {
    glob: '__consumer_offsets',
    note: 'Committed offsets of consumer groups: they mean nothing on another cluster. Give the flow `groups` to have them translated.',
  },
  {
    glob: '__transaction_state',
    note: 'State of transactions on this cluster: producers make a new one on the target by themselves.',
  },
  {
    glob: '__*',
    note: 'Internal to the brokers or to a tool: the target makes its own. Mirror it by a mapping with its full name if it holds data of yours.',
  },
  {
    glob: '_schemas',
    note: 'The Schema Registry keeps its schemas here: move them by its own export or by a mapping with the full name while the registry is stopped, and keep the schema ids.',
  },
  {
    glob: '_confluent*',
    note: 'Kept by Confluent tools about this cluster: set the tool up on the target.',
  },
  {
    glob: 'connect-configs*',
    note: 'Kafka Connect keeps its connectors here: create them on a Connect cluster at the target.',
  },
  {
    glob: 'connect-offsets*',
    note: 'Kafka Connect keeps the positions of source connectors here: carry them over by the REST API of Connect.',
  },
  {
    glob: 'connect-status*',
    note: 'Kafka Connect keeps the state of its tasks here: the Connect cluster at the target makes its own.',
  },
  { glob: 'mm2-*', note: "MirrorMaker 2 keeps its own state here: it ends with MirrorMaker's use." },
  {
    glob: '*.internal',
    note: 'MirrorMaker 2 keeps checkpoints and offset syncs here. A topic of yours with this name needs a mapping with its full name.',
  },
  { glob: 'heartbeats', note: "MirrorMaker 2's heartbeats: they tell nothing on another cluster." },
];

/** Topics that brokers make themselves (org.apache.kafka.common.internals.Topic; tiered storage's metadata). */
const brokersOwn: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
  '__cluster_metadata',
  '__remote_log_metadata',
]);

/** Whose topic this is, where nobody else may write it or change it. */
export function ownerOf(topic: string): 'brokers' | 'kplan' | undefined {
  if (brokersOwn.has(topic)) return 'brokers';
  return topic.startsWith('__kplan.') ? 'kplan' : undefined;
}

/** Why no pattern matches this topic, or `null` where patterns do. A mapping by the full name brings it in. */
export function neverMatchedByPattern(name: string): { readonly note: string } | null {
  const found = neverMatchedTopics.find((one) => globMatches(one.glob, name));
  return found === undefined ? null : { note: found.note };
}
