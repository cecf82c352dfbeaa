import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { takeSnapshot } from '../../cluster/take-snapshot.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { printable } from '../../diagnostics/printable.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import { type ImportedPlanFile, importPlanFile } from '../../import/import-plan-file.ts';
import { isImported } from '../../import/imported-topics.ts';
import { resolveCluster } from '../../migration/resolve-cluster.ts';
import { matcherOf } from '../../plan-file/exact-topics.ts';
import type { ImportOptions } from '../arguments/import.ts';
import { exitCodes } from '../exit-codes.ts';
import { withClusters } from '../gather.ts';
import { type ChosenClusters, chooseClusters, connectionsFor } from '../import-clusters.ts';
import type { Io } from '../io.ts';
import { permittedReader } from '../permitted-reader.ts';
import { viewFailure } from '../views/failure.ts';
import { writePlanFile } from '../write-file.ts';

const formatVersion = '1.0';

/** `kplan import`: reads clusters and writes the plan file that declares what lives there. Changes nothing on them. */
export async function importClusters(options: ImportOptions, io: Io): Promise<number> {
  const { format, out } = options;
  const chosen = await chooseClusters(options, io.cwd);
  const refused = 'diagnostics' in chosen ? chosen.diagnostics : await outputTaken(options, io);
  if ('diagnostics' in chosen || refused.length > 0) {
    viewFailure(refused, format, io, 'planFileText' in chosen ? chosen.planFileText : undefined);
    return exitCodes.error;
  }
  const imported = await readClusters(chosen, options, io);
  if ('diagnostics' in imported) {
    viewFailure(imported.diagnostics, format, io);
    return exitCodes.error;
  }
  const fault =
    out === undefined ? undefined : await writePlanFile(out, io.cwd, imported.text, { overwrite: options.force });
  if (fault !== undefined) {
    viewFailure([fault], format, io);
    return exitCodes.error;
  }
  viewImported(imported, options, io);
  return exitCodes.done;
}

type Imported = ImportedPlanFile & { readonly warnings: readonly Diagnostic[] };

function viewImported(imported: Imported, { format, out }: ImportOptions, io: Io): void {
  if (format === 'json') {
    io.stdout(importDocument(imported, out));
    return;
  }
  for (const one of imported.warnings) io.stderr(renderDiagnostic(one, { color: io.color }));
  if (out === undefined) io.stdout(imported.text);
  else io.stdout(`${out} is written: ${counted(imported)}. kplan plan ${out} shows no changes.\n`);
}

/** Asked before the clusters are read, which may take a while. */
async function outputTaken({ out, force }: ImportOptions, io: Io): Promise<readonly Diagnostic[]> {
  if (out === undefined || force) return [];
  const found = await lstat(resolve(io.cwd, out)).catch(() => undefined);
  return found === undefined ? [] : [diagnostic('KP1301', { file: out, summary: `${out} is there already.` })];
}

async function readClusters(chosen: ChosenClusters, options: ImportOptions, io: Io) {
  const { connections, planFilePath } = chosen;
  const isWanted = options.topics.length === 0 ? () => true : matcherOf(options.topics);
  const clusters = Object.fromEntries(Object.entries(connections).map(([name, one]) => [name, resolveCluster(one)]));
  const unread = new Map(Object.keys(clusters).map((name) => [name, new Set<string>()]));
  const snapshots = await withClusters({ clusters }, planFilePath, io, (opened) => {
    const readers = Object.fromEntries(
      [...opened].map(([name, cluster]) => [
        name,
        permittedReader(cluster.reader, (what) => unread.get(name)?.add(what)),
      ]),
    );
    return takeSnapshot(readers, (listing) => ({
      settingsOf: new Map([...listing].map(([name, topics]) => [name, importedNames(topics, isWanted)])),
      newTopicsOn: new Set(),
      groupsOf: new Set(),
      aclsOf: new Set(listing.keys()),
      quotasOf: new Set(listing.keys()),
    }));
  });
  const imported = importPlanFile({
    name: options.name ?? nameOf(Object.keys(connections)),
    clusters: connectionsFor(resolve(io.cwd, options.out ?? planFilePath), chosen),
    snapshots,
    unread,
    isWanted,
  });
  return 'diagnostics' in imported ? imported : { ...imported, warnings: unmatched(options.topics, snapshots) };
}

/** Patterns that a typing mistake may have made: they match nothing. */
function unmatched(patterns: readonly string[], snapshots: ReadonlyMap<string, ClusterSnapshot>): Diagnostic[] {
  const topics = [...snapshots.values()].flatMap((cluster) => [...cluster.topics.values()].filter(isImported));
  return patterns
    .filter((pattern) => topics.every((topic) => !matcherOf([pattern])(topic.name)))
    .map((pattern) => diagnostic('KP1306', { summary: `No topic matches ${printable(pattern)}.` }));
}

function importedNames(topics: ClusterSnapshot['topics'], isWanted: (name: string) => boolean): Set<string> {
  const imported = [...topics.values()].filter((topic) => isImported(topic) && isWanted(topic.name));
  return new Set(imported.map((topic) => topic.name));
}

const nameLengthMax = 63;

/** A migration's name has small letters, where a cluster's may have large ones and `_`. */
function nameOf(clusters: readonly string[]): string {
  return clusters.join('-').toLowerCase().replaceAll('_', '-').slice(0, nameLengthMax);
}

function counted({ counts }: ImportedPlanFile): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const words = parts.map(([section, count]) => {
    const many = section === 'acls' ? 'ACLs' : section;
    return `${count} ${count === 1 ? many.slice(0, -1) : many}`;
  });
  return words.length === 0 ? 'nothing lives there' : words.join(', ');
}

function importDocument({ text, counts, warnings }: Imported, out: string | undefined): string {
  const written = out === undefined ? { text } : { file: out };
  return `${JSON.stringify({ formatVersion, ...written, imported: counts, diagnostics: warnings }, null, 2)}\n`;
}
