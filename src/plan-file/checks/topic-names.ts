import { isPattern, ownerOf } from '../../migration/patterns.ts';
import { exactTopics } from '../exact-topics.ts';
import type { Pointer } from '../location.ts';
import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

interface NamedTopic {
  readonly cluster: string;
  readonly name: string;
  readonly pointer: Pointer;
}

/** Names that Kafka does not take (org.apache.kafka.common.internals.Topic), and names that clash in metrics. */
export function checkTopicNames(planFile: PlanFile): PlacedMistake[] {
  const mirrored = exactTopics(planFile);
  const sources = mirrored.map(({ source, pointer }) => ({ name: source, pointer: sourcePointer(pointer) }));
  const targets = mirrored.map(({ flow, target, pointer }) => ({ cluster: flow.target, name: target, pointer }));
  const declared = Object.entries(planFile.topics ?? {}).flatMap(([cluster, topics]) =>
    topics.map((topic, index) => ({
      cluster,
      name: topic.name,
      pointer: ['topics', cluster, index, 'name'],
      absent: 'state' in topic,
    })),
  );
  const badSources = sources.filter(({ name }) => nameProblem(name) !== undefined);
  const badSourceNames = new Set(badSources.map(({ name }) => name));
  const wanted: NamedTopic[] = [...targets, ...declared.filter((topic) => !topic.absent)];
  const others = [...targets, ...declared].filter(({ name }) => !badSourceNames.has(name));
  return [...badSources.flatMap(badName), ...others.flatMap(badName), ...wanted.flatMap(notOurs), ...clashes(wanted)];
}

/** Why Kafka takes no topic of this name, as the rest of a sentence; `undefined` where it does. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'is `.` or `..`';
  if (name.length > 249) return `has ${name.length} characters; 249 is the most`;
  const [bad] = /[^a-zA-Z0-9._-]/u.exec(name) ?? [];
  return bad === undefined ? undefined : `has the character ${JSON.stringify(bad)}`;
}

function badName({ name, pointer }: { readonly name: string; readonly pointer: Pointer }): PlacedMistake[] {
  const problem = nameProblem(name);
  if (problem === undefined) return [];
  const fix = isPattern(name) ? { fix: 'Patterns stand in a flow; a declared topic needs its full name.' } : {};
  return [
    { code: 'KP1109', pointer, at: 'value', summary: `Kafka takes no topic \`${name}\`: it ${problem}.`, ...fix },
  ];
}

/** What brokers and kplan keep for themselves is nothing that a plan file makes, changes or mirrors into. */
function notOurs({ name, pointer }: NamedTopic): PlacedMistake[] {
  const owner = ownerOf(name);
  if (owner === undefined) return [];
  const summary = `\`${name}\` is ${owner === 'kplan' ? "kplan's" : "the brokers'"} own topic.`;
  return [{ code: 'KP1133', pointer, at: 'value', summary }];
}

function clashes(topics: readonly NamedTopic[]): PlacedMistake[] {
  const seen = new Map<string, string>();
  return topics.flatMap(({ cluster, name, pointer }) => {
    const key = `${cluster}/${name.replaceAll('.', '_')}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, name);
    if (other === undefined || other === name) return [];
    const summary = `\`${name}\` and \`${other}\` on \`${cluster}\` differ only in dots and underscores.`;
    return [{ code: 'KP1110', pointer, at: 'value', summary } as const];
  });
}

/** A mapping's target stands beside its source. */
function sourcePointer(pointer: Pointer): Pointer {
  return pointer.at(-1) === 'target' ? [...pointer.slice(0, -1), 'source'] : pointer;
}
