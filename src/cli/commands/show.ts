import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { diagnostic } from '../../diagnostics/diagnostic.ts';
import { readExecutionPlan } from '../../execution-plan/read-execution-plan.ts';
import type { ShowOptions } from '../arguments/show.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readFaultWords } from '../read-fault-words.ts';
import { viewFailure } from '../views/failure.ts';
import { viewPlan } from '../views/plan.ts';

/** `kplan show FILE`: prints a saved plan. Asks no cluster, reads no secret. */
export async function show(options: ShowOptions, io: Io): Promise<number> {
  const { file, format } = options;
  const plan = await readFile(resolve(io.cwd, file), 'utf8').then(
    (text) => readExecutionPlan(text, file),
    (fault) => [diagnostic('KP1009', { file, summary: `${file}: ${readFaultWords(fault)}.` })],
  );
  if (!('digest' in plan)) {
    viewFailure(plan, format, io);
    return exitCodes.error;
  }
  viewPlan(plan, { format, savedAs: file }, io);
  return exitCodes.done;
}
