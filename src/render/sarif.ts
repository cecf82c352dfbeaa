import { createHash } from 'node:crypto';
import { relative, resolve, sep } from 'node:path';
import { codes, type DiagnosticCode } from '../diagnostics/codes.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { kplanVersion } from '../version.ts';

export interface SarifOptions {
  /** What found them, for instance `kplan/validate`: code scanning keeps the findings of each apart. */
  readonly category: string;
  /** The folder that paths are told from: a repository's root, in CI. */
  readonly baseFolder: string;
  /** Where findings are placed that name no file: code scanning takes none without a place. */
  readonly planFile?: string | undefined;
  /** Whether the work came to its end; findings do not keep it from that. Default: it did. */
  readonly successful?: boolean;
}

const schemaUri = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** Findings as a SARIF 2.1.0 log (OASIS standard), with a final newline. Only rules that found something are listed. */
export function renderSarif(found: readonly Diagnostic[], options: SarifOptions): string {
  const { planFile } = options;
  const diagnostics = found.map((one) =>
    planFile === undefined || one.file !== undefined ? one : { ...one, file: planFile, line: 1 },
  );
  const used = [...new Set(diagnostics.map((one) => one.code))].sort();
  const seen = new Map<string, number>();
  const run = {
    tool: { driver: { name: 'kplan', semanticVersion: kplanVersion, rules: used.map(rule) } },
    automationDetails: { id: `${options.category}/` },
    columnKind: 'utf16CodeUnits',
    invocations: [{ executionSuccessful: options.successful ?? true }],
    results: diagnostics.map((one) => ({
      ruleId: one.code,
      ruleIndex: used.indexOf(one.code),
      level: one.severity,
      message: { text: messageOf(one) },
      ...locationsOf(one, options.baseFolder),
      partialFingerprints: { 'kplanFinding/v1': fingerprint(one, options.baseFolder, seen) },
    })),
  };
  return `${JSON.stringify({ $schema: schemaUri, version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

function rule(code: DiagnosticCode): object {
  const { title, cause, fix, severity } = codes[code];
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: cause },
    help: { text: fix === '' ? cause : fix },
    defaultConfiguration: { level: severity },
  };
}

function messageOf({ summary, detail, fix }: Diagnostic): string {
  const parts = [summary, detail, fix === undefined ? undefined : `Fix: ${fix}`];
  return parts.filter((part) => part !== undefined && part !== '').join('\n');
}

function locationsOf({ address, file, line, column }: Diagnostic, baseFolder: string): object {
  if (file === undefined && address === undefined) return {};
  const start = { startLine: line, ...(column === undefined ? {} : { startColumn: column }) };
  const physicalLocation = file !== undefined && {
    artifactLocation: { uri: uriOf(file, baseFolder), uriBaseId: '%SRCROOT%' },
    ...(line === undefined ? {} : { region: start }),
  };
  const logicalLocations = address !== undefined && [{ fullyQualifiedName: address, kind: 'resource' }];
  return {
    locations: [{ ...(physicalLocation && { physicalLocation }), ...(logicalLocations && { logicalLocations }) }],
  };
}

/** Relative to the base folder, with `/`, percent-encoded. */
function uriOf(file: string, baseFolder: string): string {
  return relative(baseFolder, resolve(baseFolder, file)).split(sep).map(encodeURIComponent).join('/');
}

/** The same finding after lines were added above it; alike ones of a file are told apart by their order. */
function fingerprint(one: Diagnostic, baseFolder: string, seen: Map<string, number>): string {
  const where = one.file === undefined ? '' : uriOf(one.file, baseFolder);
  const what = JSON.stringify([one.code, where, one.address ?? '', one.address === undefined ? one.summary : '']);
  const nth = (seen.get(what) ?? 0) + 1;
  seen.set(what, nth);
  return createHash('sha256').update(`${what}:${nth}`).digest('hex').slice(0, 32);
}
