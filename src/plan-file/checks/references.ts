import type { Pointer } from '../location.ts';
import { didYouMean } from '../nearest.ts';
import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Names of clusters and flows that are not defined, and flows that end where they begin. */
export function checkReferences(planFile: PlanFile): PlacedMistake[] {
  const clusters = Object.keys(planFile.clusters);
  const flows = planFile.flows ?? [];
  const flowNames = flows.map((flow) => flow.name);
  const cluster = (name: string, pointer: Pointer, at: 'key' | 'value' = 'value') =>
    clusters.includes(name) ? [] : [unknown('KP1101', 'cluster', name, clusters, pointer, at)];
  return [
    ...(planFile.state === undefined ? [] : cluster(planFile.state.cluster, ['state', 'cluster'])),
    ...flows.flatMap((flow, index) => [
      ...cluster(flow.source, ['flows', index, 'source']),
      ...cluster(flow.target, ['flows', index, 'target']),
      ...(flow.source === flow.target ? [sameCluster(flow.source, ['flows', index, 'target'])] : []),
    ]),
    ...(['topics', 'acls', 'quotas'] as const).flatMap((kind) =>
      Object.keys(planFile[kind] ?? {}).flatMap((name) => cluster(name, [kind, name], 'key')),
    ),
    ...(planFile.cutovers ?? []).flatMap((cutover, index) =>
      flowNames.includes(cutover.flow)
        ? []
        : [unknown('KP1102', 'flow', cutover.flow, flowNames, ['cutovers', index, 'flow'], 'value')],
    ),
  ];
}

function unknown(
  code: 'KP1101' | 'KP1102',
  kind: string,
  name: string,
  known: readonly string[],
  pointer: Pointer,
  at: 'key' | 'value',
): PlacedMistake {
  const hint = didYouMean(name, known);
  return { code, pointer, at, summary: `There is no ${kind} \`${name}\`${hint === '' ? '.' : hint}` };
}

function sameCluster(name: string, pointer: Pointer): PlacedMistake {
  return { code: 'KP1103', pointer, at: 'value', summary: `The flow's source and target are both \`${name}\`.` };
}
