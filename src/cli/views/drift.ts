import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { placeIn } from '../../migration/place.ts';
import { resolveMigration } from '../../migration/resolve.ts';
import { validatePlanFile } from '../../plan-file/check.ts';
import { type DriftDocument, driftDiagnostics } from '../../render/drift-document.ts';
import type { GatherOutcome } from '../gathered.ts';
import type { Io, ReportFormat } from '../io.ts';

export interface DriftView {
  readonly format: ReportFormat;
  /** As the user named it. */
  readonly planFile: string;
  readonly gathered: Extract<GatherOutcome, { result: 'planned' }>;
}

/** Drift on stdout in the form that is asked for. */
export async function viewDrift(document: DriftDocument, view: DriftView, io: Io): Promise<void> {
  io.stdout(await rendered(document, view, io));
}

async function rendered(document: DriftDocument, view: DriftView, io: Io): Promise<string> {
  const { format, planFile } = view;
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  if (format === 'text') {
    const { renderDriftText } = await import('../../render/drift-text.ts');
    const diagnostics = document.diagnostics.filter((one) => !io.quiet || one.severity !== 'note');
    return renderDriftText({ ...document, diagnostics }, { color: io.color, planFile });
  }
  if (format === 'markdown') return (await import('../../render/drift-markdown.ts')).renderDriftMarkdown(document);
  const found = driftDiagnostics(document, placesOf(view));
  const category = `kplan/drift/${document.migration}`;
  if (format === 'sarif') {
    const { renderSarif } = await import('../../render/sarif.ts');
    return renderSarif([...found, ...document.diagnostics], { category, baseFolder: io.cwd, planFile });
  }
  const { renderJunit } = await import('../../render/junit.ts');
  const errors = document.diagnostics.filter((one) => one.severity === 'error');
  const told = document.diagnostics.filter((one) => one.severity !== 'error');
  const suite = { name: category, passed: 'no drift', failures: found, errors, told };
  return renderJunit('kplan drift', [suite]);
}

/** Where the plan file speaks of a resource; of others, the file alone. */
function placesOf({ planFile: file, gathered }: DriftView): (address: string) => Pick<Diagnostic, 'file'> {
  const { planFile, locate } = validatePlanFile(new TextEncoder().encode(gathered.planFileText), file);
  if (planFile === undefined) return () => ({ file });
  const place = placeIn(file, locate);
  const listing = new Map([...gathered.live.snapshots].map(([name, { topics }]) => [name, topics]));
  const { pointers } = resolveMigration(planFile, listing, place);
  return (address) => {
    const pointer = pointers.get(address);
    return pointer === undefined ? { file } : place(pointer);
  };
}
