import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Diagnostic, diagnostic, hasErrors } from '../../diagnostics/diagnostic.ts';
import { shownSource } from '../../diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import { isSavedPlan } from '../../execution-plan/read-execution-plan.ts';
import { switchRules } from '../../execution-plan/switch-rules.ts';
import { placeIn } from '../../migration/place.ts';
import { validatePlanFile } from '../../plan-file/check.ts';
import { planFileLimits } from '../../plan-file/limits.ts';
import type { ValidateOptions } from '../arguments/validate.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readFaultWords } from '../read-fault-words.ts';

/** What one file gave: its findings, and its text where there is one to show. */
interface CheckedFile {
  readonly path: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly shownText?: string;
}

const formatVersion = '1.0';

/** `kplan validate FILE...`: every mistake that can be found without a cluster. The findings are the result. */
export async function validate(options: ValidateOptions, io: Pick<Io, 'stdout' | 'color' | 'cwd'>): Promise<number> {
  const files: CheckedFile[] = [];
  for (const path of options.files) files.push(await checkFile(path, io.cwd));
  const diagnostics = files.flatMap((file) => file.diagnostics);
  const valid = !hasErrors(diagnostics);
  if (options.format === 'json') io.stdout(`${JSON.stringify({ formatVersion, valid, diagnostics }, null, 2)}\n`);
  else if (options.format === 'text') io.stdout(renderFiles(files, io.color));
  else io.stdout(await renderReport(files, options.format, io.cwd));
  return valid ? exitCodes.done : exitCodes.error;
}

async function renderReport(files: readonly CheckedFile[], format: 'junit' | 'sarif', cwd: string): Promise<string> {
  if (format === 'sarif') {
    const { renderSarif } = await import('../../render/sarif.ts');
    const found = files.flatMap((file) => file.diagnostics);
    return renderSarif(found, { category: 'kplan/validate', baseFolder: cwd });
  }
  const { renderJunit } = await import('../../render/junit.ts');
  const suites = files.map(({ path, diagnostics }) => ({
    name: path,
    passed: 'is valid',
    failures: diagnostics.filter((one) => one.severity === 'error'),
    errors: [],
    told: diagnostics.filter((one) => one.severity !== 'error'),
  }));
  return renderJunit('kplan validate', suites);
}

async function checkFile(path: string, cwd: string): Promise<CheckedFile> {
  const read = await readPlanFile(path, cwd);
  if ('diagnostics' in read) return { path, ...read };
  const text = new TextDecoder().decode(read.bytes);
  if (isSavedPlan(text)) return { path, diagnostics: [savedPlanGiven(path)] };
  const { planFile, diagnostics, locate } = validatePlanFile(read.bytes, path);
  const rules = planFile?.policies?.rules ?? {};
  const switched = switchRules(diagnostics, rules, placeIn(path, locate), new Date().toISOString());
  return { path, diagnostics: switched, shownText: shownSource(text) };
}

/**
 * The bytes of a plan file, or why there are none. `path` is relative to `cwd`. A file above the limit is not read; a
 * folder is an error that names the plan files in it.
 */
export async function readPlanFile(
  path: string,
  cwd: string,
): Promise<{ readonly bytes: Uint8Array } | { readonly diagnostics: readonly Diagnostic[] }> {
  const absolute = resolve(cwd, path);
  try {
    const found = await stat(absolute);
    if (found.isDirectory()) return { diagnostics: [await folderGiven(path, absolute)] };
    if (found.size <= planFileLimits.bytesMax) return { bytes: await readFile(absolute) };
    const summary = `The plan file is larger than ${planFileLimits.bytesMax} bytes.`;
    return { diagnostics: [diagnostic('KP1003', { summary, file: path })] };
  } catch (thrown) {
    return { diagnostics: [diagnostic('KP1009', { summary: `${path}: ${readFaultWords(thrown)}.`, file: path })] };
  }
}

/** A plan that kplan saved, where a plan file is wanted. */
export function savedPlanGiven(path: string): Diagnostic {
  return diagnostic('KP4107', { file: path, summary: `${path} is a saved plan, not a plan file.` });
}

const listedFilesMax = 20;

async function folderGiven(path: string, absolute: string): Promise<Diagnostic> {
  const names = (await readdir(absolute)).filter((name) => /\.ya?ml$/u.test(name)).sort();
  const listed = names.slice(0, listedFilesMax).map((name) => join(path, name));
  const more = names.length > listedFilesMax ? [`and ${names.length - listedFilesMax} more`] : [];
  const detail = names.length === 0 ? 'No plan file stands in it.' : ['Its plan files:', ...listed, ...more].join('\n');
  return diagnostic('KP1017', { summary: `${path} is a folder.`, detail, file: path });
}

function renderFiles(files: readonly CheckedFile[], color: boolean): string {
  return files
    .map(({ path, diagnostics, shownText }) => {
      if (diagnostics.length === 0) return `${path}: valid\n`;
      const findings = diagnostics.map((one) => renderDiagnostic(one, { color, sourceText: shownText }));
      return `${findings.join('\n')}\n${path}: ${counted(diagnostics)}\n`;
    })
    .join('\n');
}

function counted(diagnostics: readonly Diagnostic[]): string {
  const parts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = diagnostics.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return hasErrors(diagnostics) ? parts.join(', ') : `valid, ${parts.join(', ')}`;
}
