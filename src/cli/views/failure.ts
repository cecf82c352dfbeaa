import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { shownSource } from '../../diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import { type AnyFormat, type Io, isTold } from '../io.ts';

/** Of the document that stands for a result where there is none. */
const failureFormatVersion = '1.0';

export type FailureOutput = Pick<Io, 'stdout' | 'stderr' | 'color' | 'quiet' | 'logLevel'>;

/**
 * A command that could not give its result: diagnostics on stderr, or one JSON document on stdout. `planFileText`:
 * the plan file, for the lines that diagnostics point at; secrets in it stay hidden.
 */
export function viewFailure(
  diagnostics: readonly Diagnostic[],
  format: AnyFormat,
  output: FailureOutput,
  planFileText?: string,
): void {
  if (format === 'json') {
    output.stdout(`${JSON.stringify({ formatVersion: failureFormatVersion, diagnostics }, null, 2)}\n`);
    return;
  }
  const shown = diagnostics.filter((one) => isTold(output, one.severity));
  const sourceText = planFileText === undefined ? undefined : shownSource(planFileText);
  output.stderr(shown.map((one) => renderDiagnostic(one, { color: output.color, sourceText })).join('\n'));
}

/** As `viewFailure`; a report that CI reads (SARIF, JUnit) is one on failure too. */
export async function viewReportedFailure(
  diagnostics: readonly Diagnostic[],
  format: AnyFormat,
  io: FailureOutput & Pick<Io, 'cwd'>,
  { planFile, text }: { readonly planFile?: string | undefined; readonly text?: string } = {},
): Promise<void> {
  if (format === 'sarif') {
    const { renderSarif } = await import('../../render/sarif.ts');
    io.stdout(renderSarif(diagnostics, { category: 'kplan', baseFolder: io.cwd, planFile, successful: false }));
  } else if (format === 'junit') {
    const { renderJunit } = await import('../../render/junit.ts');
    const suite = { name: 'kplan', passed: 'read', failures: [], errors: diagnostics, told: [] };
    io.stdout(renderJunit('kplan', [suite]));
  } else viewFailure(diagnostics, format, io, text);
}

/** What an error says to people: its own diagnostics (a ClusterFault's), or that kplan has a bug. */
export function diagnosticsOfError(error: unknown, withStack: boolean): readonly Diagnostic[] {
  if (error instanceof Error && 'diagnostics' in error && Array.isArray(error.diagnostics)) return error.diagnostics;
  if (error instanceof Error && 'diagnostic' in error) return [error.diagnostic as Diagnostic];
  const summary = `kplan met a bug of its own: ${error instanceof Error ? error.message : String(error)}`;
  const detail = withStack && error instanceof Error ? error.stack : undefined;
  return [diagnostic('KP4105', { summary, detail })];
}
