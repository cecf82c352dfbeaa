import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Without `state`, the state is kept on the only cluster that is written to: there must not be several. */
export function checkStateCluster(planFile: PlanFile): PlacedMistake[] {
  const written = writtenClusters(planFile).filter((name) => Object.hasOwn(planFile.clusters, name));
  if (planFile.state !== undefined || written.length < 2) return [];
  const names = written.map((name) => `\`${name}\``).join(', ');
  const summary = `Several clusters are written to (${names}), so that kplan cannot choose where to keep its state.`;
  return [{ code: 'KP1115', pointer: ['name'], at: 'key', summary }];
}

/** Targets of flows; without flows, the clusters for which something is declared. */
function writtenClusters(planFile: PlanFile): string[] {
  const targets = new Set((planFile.flows ?? []).map((flow) => flow.target));
  if (targets.size > 0) return [...targets];
  return [...new Set([planFile.topics, planFile.acls, planFile.quotas].flatMap((one) => Object.keys(one ?? {})))];
}
