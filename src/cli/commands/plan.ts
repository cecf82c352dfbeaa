import { narrowPlan } from '../../execution-plan/narrow-plan.ts';
import type { PlanOptions } from '../arguments/plan.ts';
import { exitCodes } from '../exit-codes.ts';
import { gatherPlan } from '../gather.ts';
import type { Io } from '../io.ts';
import { savePlan } from '../save-plan.ts';
import { viewFailure } from '../views/failure.ts';
import { planDocument, viewPlan } from '../views/plan.ts';

/** `kplan plan FILE`: reads the clusters and shows what apply would do. Changes nothing. */
export async function plan(options: PlanOptions, io: Io): Promise<number> {
  const { file, out, address, format } = options;
  const gathered = await gatherPlan(file, io, { asks: true });
  if (gathered.result === 'refused') {
    viewFailure(gathered.diagnostics, format, io, gathered.planFileText);
    return exitCodes.error;
  }
  const { plan, planFileText } = gathered;
  const isSaved = out !== undefined && plan.applyable;
  if (isSaved) await savePlan(out, io.cwd, planDocument(plan));
  const shown = address === undefined ? plan : narrowPlan(plan, address);
  viewPlan(
    shown,
    { format, planFile: file, planFileText, savedAs: isSaved ? out : undefined, narrowedTo: address },
    io,
  );
  if (!plan.applyable) return exitCodes.error;
  return options.detailedExitcode && plan.changes.length > 0 ? exitCodes.changes : exitCodes.done;
}
