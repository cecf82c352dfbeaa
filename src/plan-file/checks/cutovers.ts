import type { Pointer } from '../location.ts';
import type { Cutover, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Fences that would shut out everyone, and groups to move where the flow brings none along. */
export function checkCutovers(planFile: PlanFile): PlacedMistake[] {
  const flows = new Map((planFile.flows ?? []).map((flow) => [flow.name, flow]));
  return (planFile.cutovers ?? []).flatMap((cutover, index) => {
    const pointer = ['cutovers', index];
    const flow = flows.get(cutover.flow);
    const groupless = flow !== undefined && flow.groups === undefined && cutover.groups !== undefined;
    return [...fenceOfEveryone(cutover, pointer), ...(groupless ? [noGroups(cutover.flow, pointer)] : [])];
  });
}

function fenceOfEveryone(cutover: Cutover, pointer: Pointer): PlacedMistake[] {
  const { fence } = cutover;
  if (fence.mode !== 'acl') return [];
  return fence.principals.flatMap((principal, index) => {
    if (principal.slice(principal.indexOf(':') + 1) !== '*') return [];
    const at = [...pointer, 'fence', 'principals', index];
    return [{ code: 'KP1117', pointer: at, at: 'value', summary: `\`${principal}\` would fence everyone.` } as const];
  });
}

function noGroups(flow: string, pointer: Pointer): PlacedMistake {
  const summary = `Groups are to be moved, but flow \`${flow}\` brings no groups along.`;
  return { code: 'KP1126', pointer: [...pointer, 'groups'], at: 'key', summary };
}
