import { compilePattern, isPattern } from '../../migration/patterns.ts';
import { matcherOf } from '../exact-topics.ts';
import type { Pointer } from '../location.ts';
import type { Flow, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Regular expressions that RE2 does not take, mappings that `exclude` keeps out, renames by a pattern. */
export function checkPatterns(planFile: PlanFile): PlacedMistake[] {
  const flows = planFile.flows ?? [];
  const cutovers = planFile.cutovers ?? [];
  return [
    ...flows.flatMap((flow, index) => checkFlow(flow, ['flows', index])),
    ...cutovers.flatMap((cutover, index) => [
      ...compilable(cutover.topics, ['cutovers', index, 'topics']),
      ...compilable(cutover.groups ?? [], ['cutovers', index, 'groups']),
    ]),
  ];
}

function checkFlow(flow: Flow, pointer: Pointer): PlacedMistake[] {
  const lists = (['topics', 'groups', 'acls'] as const).flatMap((key) =>
    (['include', 'exclude'] as const).flatMap((list) => compilable(flow[key]?.[list] ?? [], [...pointer, key, list])),
  );
  const excludes = (flow.topics?.exclude ?? []).map((text) => ({ text, covers: matcherOf([text]) }));
  const mappings = (flow.mappings ?? []).flatMap((mapping, index): PlacedMistake[] => {
    const { source, target } = mapping;
    const at = [...pointer, 'mappings', index];
    if (!isPattern(source)) {
      const exclude = excludes.find((one) => one.covers(source));
      if (exclude === undefined) return [];
      const summary = `\`${source}\` is mapped, but \`exclude\` keeps it out by \`${exclude.text}\`.`;
      return [{ code: 'KP1122', pointer: [...at, 'source'], at: 'value', summary }];
    }
    const bad = compilable([source], at).map((one) => ({ ...one, pointer: [...at, 'source'] }));
    if (target === undefined) return bad;
    const summary = `All topics that match \`${source}\` would become the one topic \`${target}\`.`;
    return [...bad, { code: 'KP1123', pointer: [...at, 'target'], at: 'value', summary }];
  });
  return [...lists, ...mappings];
}

function compilable(patterns: readonly string[], pointer: Pointer): PlacedMistake[] {
  return patterns.flatMap((text, index) => {
    const compiled = compilePattern(text);
    if (!('error' in compiled)) return [];
    const summary = `\`${text}\` is no regular expression in RE2 syntax: ${compiled.error}.`;
    return [{ code: 'KP1121', pointer: [...pointer, index], at: 'value', summary } as const];
  });
}
