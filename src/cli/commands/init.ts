import type { InitOptions } from '../arguments/init.ts';
import { examplePlanFile } from '../example-plan-file.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { viewFailure } from '../views/failure.ts';
import { writePlanFile } from '../write-file.ts';

const formatVersion = '1.0';

/** `kplan init [FILE]`: writes a plan file with comments to start from. What is there stays, but with --force. */
export async function init(options: InitOptions, io: Io): Promise<number> {
  const { file, force, format } = options;
  const isPrinted = file === '-';
  const fault = isPrinted ? undefined : await writePlanFile(file, io.cwd, examplePlanFile, { overwrite: force });
  if (fault !== undefined) {
    viewFailure([fault], format, io);
    return exitCodes.error;
  }
  if (format === 'json') {
    const document = { formatVersion, file, ...(isPrinted ? { text: examplePlanFile } : {}), diagnostics: [] };
    io.stdout(`${JSON.stringify(document, null, 2)}\n`);
    return exitCodes.done;
  }
  const next = `${file} is written. Fill in your clusters, then: kplan validate ${file}\n`;
  io.stdout(isPrinted ? examplePlanFile : next);
  return exitCodes.done;
}
