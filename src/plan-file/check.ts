import { checkByKey } from './checks/by-key.ts';
import type { Check } from './checks/check.ts';
import { checkConnections } from './checks/connections.ts';
import { checkCutovers } from './checks/cutovers.ts';
import { checkDelivery } from './checks/delivery.ts';
import { checkDuplicates } from './checks/duplicates.ts';
import { checkEngines } from './checks/engines.ts';
import { checkInsyncReplicas } from './checks/insync-replicas.ts';
import { checkLoops } from './checks/loops.ts';
import { checkMirrorMakerLimits } from './checks/mirror-maker-limits.ts';
import { checkMirrorMakerTuning } from './checks/mirror-maker-tuning.ts';
import { checkPatternCost } from './checks/pattern-cost.ts';
import { checkPatterns } from './checks/patterns.ts';
import { checkQuotas } from './checks/quotas.ts';
import { checkReferences } from './checks/references.ts';
import { checkRuleSwitches } from './checks/rule-switches.ts';
import { checkSettings } from './checks/settings.ts';
import { checkStateCluster } from './checks/state-cluster.ts';
import { checkTopicConflicts } from './checks/topic-conflicts.ts';
import { checkTopicNames } from './checks/topic-names.ts';
import { inOrder, limited, type ParsedPlanFile, parsePlanFile, placedDiagnostic } from './parse.ts';

/** Every offline check, one a subject. */
const checks: readonly Check[] = [
  checkReferences,
  checkDuplicates,
  checkPatterns,
  checkTopicNames,
  checkTopicConflicts,
  checkSettings,
  checkInsyncReplicas,
  checkLoops,
  checkStateCluster,
  checkConnections,
  checkCutovers,
  checkDelivery,
  checkByKey,
  checkEngines,
  checkMirrorMakerLimits,
  checkMirrorMakerTuning,
  checkQuotas,
  checkRuleSwitches,
];

/**
 * Reads a plan file and makes every check that needs no cluster. `planFile` is there whenever it obeys the schema, also
 * where the checks found errors: ask `hasErrors(diagnostics)`. Never throws; reads no file, environment or network.
 */
export function validatePlanFile(text: Uint8Array | string, path: string): ParsedPlanFile {
  const parsed = parsePlanFile(text, path);
  const { planFile, locate } = parsed;
  if (planFile === undefined) return parsed;
  const costly = checkPatternCost(planFile);
  const found = costly.length > 0 ? costly : checks.flatMap((check) => check(planFile));
  const diagnostics = inOrder(found.map((mistake) => placedDiagnostic(mistake, path, locate)));
  return { planFile, diagnostics: limited(diagnostics, path), locate };
}
