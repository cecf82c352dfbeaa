import { applyArguments } from './arguments/apply.ts';
import { driftArguments } from './arguments/drift.ts';
import { fmtArguments } from './arguments/fmt.ts';
import { importArguments } from './arguments/import.ts';
import { initArguments } from './arguments/init.ts';
import { offsetsArguments } from './arguments/offsets.ts';
import { planArguments } from './arguments/plan.ts';
import { showArguments } from './arguments/show.ts';
import { statusArguments } from './arguments/status.ts';
import { validateArguments } from './arguments/validate.ts';
import { verifyArguments } from './arguments/verify.ts';
import { command } from './run-program.ts';

/** The order of `--help`. A command's code is loaded when it runs. */
export const commands = [
  command(initArguments, async () => (await import('./commands/init.ts')).init),
  command(validateArguments, async () => (await import('./commands/validate.ts')).validate),
  command(fmtArguments, async () => (await import('./commands/fmt.ts')).fmt),
  command(importArguments, async () => (await import('./commands/import.ts')).importClusters),
  command(planArguments, async () => (await import('./commands/plan.ts')).plan),
  command(showArguments, async () => (await import('./commands/show.ts')).show),
  command(applyArguments, async () => (await import('./commands/apply.ts')).apply, { graceful: true }),
  command(driftArguments, async () => (await import('./commands/drift.ts')).drift),
  command(statusArguments, async () => (await import('./commands/status.ts')).status),
  command(verifyArguments, async () => (await import('./commands/verify.ts')).verify),
  command(offsetsArguments, async () => (await import('./commands/offsets.ts')).offsets),
];
