import { type ExactTopic, exactTopics } from '../exact-topics.ts';
import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Topics that two parts of the plan file want differently: mirrored from two sources, declared twice, absent and mirrored. */
export function checkTopicConflicts(planFile: PlanFile): PlacedMistake[] {
  const mirrored = exactTopics(planFile);
  return [...twoSources(mirrored), ...declaredConflicts(planFile, mirrored)];
}

function twoSources(mirrored: readonly ExactTopic[]): PlacedMistake[] {
  const first = new Map<string, ExactTopic>();
  return mirrored.flatMap((topic) => {
    const key = `${topic.flow.target}/${topic.target}`;
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, topic);
      return [];
    }
    const here = `\`${topic.flow.source}/${topic.source}\``;
    const there = `\`${other.flow.source}/${other.source}\` (flow \`${other.flow.name}\`)`;
    const summary = `${here} would be mixed with ${there} in the topic \`${topic.target}\` on \`${topic.flow.target}\`.`;
    return [{ code: 'KP1106', pointer: topic.pointer, at: 'value', summary } as const];
  });
}

function declaredConflicts(planFile: PlanFile, mirrored: readonly ExactTopic[]): PlacedMistake[] {
  const targets = new Map(mirrored.map(({ flow, target }) => [`${flow.target}/${target}`, flow.name]));
  const sources = new Map(mirrored.map(({ flow, source }) => [`${flow.source}/${source}`, flow.name]));
  return Object.entries(planFile.topics ?? {}).flatMap(([cluster, topics]) => {
    const seen = new Set<string>();
    return topics.flatMap((topic, index): PlacedMistake[] => {
      const pointer = ['topics', cluster, index, 'name'];
      const { name } = topic;
      const twice = seen.has(name);
      seen.add(name);
      if (twice) {
        return [{ code: 'KP1107', pointer, at: 'value', summary: `\`${name}\` is declared twice for \`${cluster}\`.` }];
      }
      const target = targets.get(`${cluster}/${name}`);
      const flow = target ?? sources.get(`${cluster}/${name}`);
      if ('state' in topic && flow !== undefined) {
        const summary = `\`${name}\` is to be absent on \`${cluster}\`, but flow \`${flow}\` mirrors it.`;
        return [{ code: 'KP1108', pointer, at: 'value', summary }];
      }
      if ('state' in topic || target === undefined) return [];
      const summary = `\`${name}\` is declared for \`${cluster}\`, and flow \`${flow}\` makes it too.`;
      const fix = 'Say how the topic must look in a mapping of the flow, and remove it from `topics`.';
      return [{ code: 'KP1107', pointer, at: 'value', summary, fix }];
    });
  });
}
