import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { executionPlanFormatVersion } from './create-execution-plan.ts';
import { digestOf } from './digest.ts';
import type { ExecutionPlan } from './execution-plan.ts';

/** A larger file is no plan of ours: 100,000 changes take about 80 MiB. */
const savedPlanBytesMax = 256 * 1024 * 1024;

const listsOfPlan = ['changes', 'steps', 'drift', 'diagnostics'] as const;

/** A file is a saved plan by its content, not by its name; a plan file written as JSON has no `formatVersion`. */
export function isSavedPlan(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  if (/^\s*\{\s*"formatVersion"/.test(text)) return true;
  const document = parsedObject(text);
  return document !== null && 'formatVersion' in document;
}

/**
 * Reads a saved plan. Another major format version, a cut file and a file whose content does not match its digest
 * (edited by hand) are refused. `path` is for the diagnostics.
 */
export function readExecutionPlan(text: string, path: string): ExecutionPlan | readonly Diagnostic[] {
  const document = text.length > savedPlanBytesMax ? null : parsedObject(text);
  const formatVersion = document?.formatVersion;
  if (document === null || typeof formatVersion !== 'string') {
    return [diagnostic('KP4101', { file: path, summary: `${path} is not a saved plan, or not a whole one.` })];
  }
  const [major = ''] = formatVersion.split('.');
  if (major !== executionPlanFormatVersion.split('.')[0]) {
    const summary = `The plan has format version ${formatVersion}; this kplan reads ${executionPlanFormatVersion}.`;
    return [diagnostic('KP4102', { file: path, summary })];
  }
  if (!looksComplete(document)) {
    return [diagnostic('KP4101', { file: path, summary: `${path} lacks parts of a saved plan.` })];
  }
  if (document.digest !== digestOf(document)) {
    return [diagnostic('KP4103', { file: path, summary: `${path} was changed after kplan saved it.` })];
  }
  return document;
}

/** The digest vouches for the rest: whoever made it had the whole document. */
function looksComplete(document: object): document is ExecutionPlan {
  const fields: Readonly<Record<string, unknown>> = { ...document };
  return (
    typeof fields.digest === 'string' &&
    typeof fields.migration === 'object' &&
    fields.migration !== null &&
    listsOfPlan.every((name) => Array.isArray(fields[name]))
  );
}

function parsedObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
