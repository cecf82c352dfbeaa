import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { isSavedPlan } from '../../execution-plan/read-execution-plan.ts';
import { formatPlanFile } from '../../plan-file/format/format.ts';
import { planFileLimits } from '../../plan-file/limits.ts';
import type { FmtOptions } from '../arguments/fmt.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readStdin } from '../read-stdin.ts';
import { viewFailure } from '../views/failure.ts';
import { writePlanFile } from '../write-file.ts';
import { readPlanFile, savedPlanGiven } from './validate.ts';

/** What became of one file. */
interface FormattedFile {
  readonly file: string;
  /** It was not in the canonical layout. */
  readonly changed: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly before: string;
  /** Absent where the file is refused. */
  readonly text?: string;
}

const formatVersion = '1.0';
const standardInput = '-';

/**
 * `kplan fmt FILE...`: rewrites plan files that are not in the canonical layout and names them. A file with mistakes is
 * left as it is, its diagnostics are shown, and the others are formatted nevertheless.
 */
export async function fmt(options: FmtOptions, io: Io, stdin = readStdin): Promise<number> {
  const files: FormattedFile[] = [];
  for (const file of options.files) files.push(await formatFile(file, options.check, io, stdin));
  const diagnostics = files.flatMap((one) => one.diagnostics);
  if (options.format === 'json') io.stdout(fmtDocument(files, options.check));
  else {
    io.stdout(files.map((one) => shownFile(one, options.check)).join(''));
    for (const one of files.filter(({ diagnostics }) => diagnostics.length > 0)) {
      viewFailure(one.diagnostics, 'text', io, one.before);
    }
  }
  const isDone = diagnostics.length === 0 && !(options.check && files.some((one) => one.changed));
  return isDone ? exitCodes.done : exitCodes.error;
}

async function formatFile(file: string, check: boolean, io: Io, stdin: typeof readStdin): Promise<FormattedFile> {
  const read =
    file === standardInput ? { bytes: await stdin(planFileLimits.bytesMax) } : await readPlanFile(file, io.cwd);
  if ('diagnostics' in read) return { file, changed: false, before: '', ...read };
  const before = new TextDecoder().decode(read.bytes);
  const refused = { file, changed: false, before };
  if (isSavedPlan(before)) return { ...refused, diagnostics: [savedPlanGiven(file)] };
  const formatted = formatPlanFile(read.bytes, file);
  if ('diagnostics' in formatted) return { ...refused, ...formatted };
  const { text } = formatted;
  const changed = !Buffer.from(text).equals(read.bytes);
  const writes = changed && !check && file !== standardInput;
  const fault = writes ? await writePlanFile(file, io.cwd, text, { overwrite: true }) : undefined;
  return { file, changed, before, text, diagnostics: fault === undefined ? [] : [fault] };
}

/** The names of changed files; of standard input the text itself. */
function shownFile({ file, changed, text = '' }: FormattedFile, check: boolean): string {
  if (file === standardInput && !check) return text;
  return changed ? `${file}\n` : '';
}

function fmtDocument(files: readonly FormattedFile[], check: boolean): string {
  const document = {
    formatVersion,
    files: files.map(({ file, changed, text }) => ({
      file,
      changed,
      ...(file === standardInput && !check && text !== undefined ? { text } : {}),
    })),
    diagnostics: files.flatMap((one) => one.diagnostics),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
