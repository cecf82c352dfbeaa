import { isPattern, patternSize } from '../../migration/patterns.ts';
import { planFileLimits } from '../limits.ts';
import type { Flow, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Patterns that would keep a pull request's check busy; asked before any pattern is compiled. */
export function checkPatternCost(planFile: PlanFile): readonly PlacedMistake[] {
  const { expressionsSizeMax, matchStepsMax } = planFileLimits;
  const flows = planFile.flows ?? [];
  const patterns = [
    ...flows.flatMap(patternsOf),
    ...(planFile.cutovers ?? []).flatMap(({ topics, groups = [] }) => [...topics, ...groups]),
  ];
  const expressions = patterns.filter((text) => text.startsWith('/'));
  if (sizeOf(expressions) > expressionsSizeMax) {
    return [tooMuch('The regular expressions of the plan file are too large together.')];
  }
  const steps = flows.reduce((sum, flow) => sum + namesLength(flow) * sizeOf(flow.topics?.exclude ?? []), 0);
  return steps > matchStepsMax ? [tooMuch('The plan file excludes too many patterns for the topics it names.')] : [];
}

function patternsOf(flow: Flow): string[] {
  const lists = [flow.topics, flow.groups, flow.acls].flatMap((one) => [
    ...(one?.include ?? []),
    ...(one?.exclude ?? []),
  ]);
  return [...lists, ...(flow.mappings ?? []).map((mapping) => mapping.source)];
}

function namesLength(flow: Flow): number {
  const names = [...(flow.topics?.include ?? []), ...(flow.mappings ?? []).map((mapping) => mapping.source)];
  return names.reduce((sum, name) => sum + name.length, 0);
}

function sizeOf(patterns: readonly string[]): number {
  return patterns.filter(isPattern).reduce((sum, text) => sum + patternSize(text), 0);
}

function tooMuch(summary: string): PlacedMistake {
  return { code: 'KP1003', pointer: ['flows'], at: 'key', summary };
}
