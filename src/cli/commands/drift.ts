import { type DriftDocument, driftDocument } from '../../render/drift-document.ts';
import type { DriftOptions } from '../arguments/drift.ts';
import { exitCodes } from '../exit-codes.ts';
import { gatherPlan } from '../gather.ts';
import type { Io } from '../io.ts';
import { viewDrift } from '../views/drift.ts';
import { viewReportedFailure } from '../views/failure.ts';

/** `kplan drift FILE`: what lives against what was applied. Changes nothing. */
export async function drift(options: DriftOptions, io: Io): Promise<number> {
  const { file, format } = options;
  const gathered = await gatherPlan(file, io);
  if (gathered.result === 'refused') {
    await viewReportedFailure(gathered.diagnostics, format, io, { planFile: file, text: gathered.planFileText });
    return exitCodes.error;
  }
  const { plan, live } = gathered;
  const document = driftDocument(plan, live.state.applied.size > 0);
  await viewDrift(document, { format, planFile: file, gathered }, io);
  return exitCodeOf(document, plan.applyable);
}

/** Drift that was found is told even where the plan has errors; that there is none, only where it has none. */
function exitCodeOf(document: DriftDocument, applyable: boolean): number {
  if (document.drifted) return exitCodes.changes;
  return applyable ? exitCodes.done : exitCodes.error;
}
