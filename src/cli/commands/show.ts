import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { diagnostic } from '../../diagnostics/diagnostic.ts';
import { readExecutionPlan } from '../../execution-plan/read-execution-plan.ts';
import type { ShowOptions } from '../arguments/show.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { viewFailure } from '../views/failure.ts';
import { viewPlan } from '../views/plan.ts';

/** `kplan show FILE`: prints a saved plan. Asks no cluster, reads no secret. */
export async function show(options: ShowOptions, io: Io): Promise<number> {
  const { file, format } = options;
  const text = await readFile(resolve(io.cwd, file), 'utf8').catch(() => undefined);
  if (text === undefined) {
    viewFailure([diagnostic('KP4101', { file, summary: `${file} can not be read.` })], format, io);
    return exitCodes.error;
  }
  const plan = readExecutionPlan(text, file);
  if (!('digest' in plan)) {
    viewFailure(plan, format, io);
    return exitCodes.error;
  }
  viewPlan(plan, { format, savedAs: file }, io);
  return exitCodes.done;
}
