import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { type Diagnostic, diagnostic, hasErrors } from '../diagnostics/diagnostic.ts';
import { validatePlanFile } from '../plan-file/check.ts';
import { nearest } from '../plan-file/nearest.ts';
import type { ClusterConnection } from '../plan-file/plan-file.generated.ts';
import type { ImportOptions } from './arguments/import.ts';
import { readPlanFile } from './commands/validate.ts';

/** How the clusters that import reads are reached. */
export interface ChosenClusters {
  readonly connections: Readonly<Record<string, ClusterConnection>>;
  /** The plan file that `{ file }` is relative to. */
  readonly planFilePath: string;
}

export interface NoClusters {
  readonly diagnostics: readonly Diagnostic[];
  readonly planFileText?: string;
}

/** The clusters of the command line, with connections of the plan file that `--from` names where it is given. */
export async function chooseClusters(options: ImportOptions, cwd: string): Promise<ChosenClusters | NoClusters> {
  const { from, clusters } = options;
  if (from === undefined) return { ...chosen(options, {}), planFilePath: resolve(cwd, 'plan.yaml') };
  const read = await readPlanFile(from, cwd);
  if ('diagnostics' in read) return read;
  const { planFile, diagnostics } = validatePlanFile(read.bytes, from);
  if (planFile === undefined || hasErrors(diagnostics)) {
    return { diagnostics, planFileText: new TextDecoder().decode(read.bytes) };
  }
  const unknown = clusters.filter((one) => one.bootstrap === undefined && !Object.hasOwn(planFile.clusters, one.name));
  if (unknown.length > 0) return { diagnostics: unknown.map((one) => notInFile(one.name, from, planFile.clusters)) };
  return { ...chosen(options, planFile.clusters), planFilePath: resolve(cwd, from) };
}

function chosen({ clusters }: ImportOptions, known: ChosenClusters['connections']) {
  const wanted = clusters.length > 0 ? clusters : Object.keys(known).map((name) => ({ name, bootstrap: undefined }));
  const connections = wanted.flatMap(({ name, bootstrap }): [string, ClusterConnection][] => {
    const connection = bootstrap === undefined ? known[name] : { bootstrap: [...bootstrap] };
    return connection === undefined ? [] : [[name, connection]];
  });
  return { connections: Object.fromEntries(connections) };
}

function notInFile(name: string, file: string, known: object): Diagnostic {
  const near = nearest(name, Object.keys(known));
  const fix = near === undefined ? undefined : `Did you mean ${near}?`;
  return diagnostic('KP1303', { file, summary: `${file} has no cluster ${name}.`, fix });
}

/** The connections as a plan file at `path` must have them: `{ file }` of another folder is led back to its place. */
export function connectionsFor(path: string, { connections, planFilePath }: ChosenClusters) {
  const [source, target] = [dirname(planFilePath), dirname(path)];
  const moved = (file: string) => (isAbsolute(file) ? file : relative(target, resolve(source, file)));
  const rebased = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        key,
        key === 'file' && typeof one === 'string' ? moved(one) : rebased(one),
      ]),
    );
  };
  return source === target
    ? connections
    : Object.fromEntries(
        Object.entries(connections).map(([name, connection]) => [name, rebased(connection) as ClusterConnection]),
      );
}
