import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ClusterFault } from '../../runner/kafka/cluster-fault.ts';
import { type Cluster, openCluster } from '../../runner/kafka/open.ts';
import { readState } from '../../runner/state/store.ts';
import { takeSnapshot } from '../cluster/take-snapshot.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { draftPlan, finishPlan } from '../execution-plan/assemble-plan.ts';
import type { ExecutionPlan } from '../execution-plan/execution-plan.ts';
import { isSavedPlan } from '../execution-plan/read-execution-plan.ts';
import type { Migration } from '../migration/migration.ts';
import { notYetSupported } from '../migration/not-yet.ts';
import { placeIn } from '../migration/place.ts';
import { resolveMigration } from '../migration/resolve.ts';
import { planScope, snapshotScope } from '../migration/snapshot-scope.ts';
import { validatePlanFile } from '../plan-file/check.ts';
import { askClusters } from './ask-clusters.ts';
import { readPlanFile, savedPlanGiven } from './commands/validate.ts';
import type { GatherOutcome, LiveOfPlan } from './gathered.ts';
import { gitSource } from './git-source.ts';
import type { Io } from './io.ts';
import { readMirrored } from './read-mirrored.ts';

export interface Gathering {
  /** Whether the clusters are asked what they would refuse of the plan. */
  readonly asks?: boolean;
}

/**
 * Reads the plan file, then all clusters and the state once, and plans. Changes nothing. Clusters are asked only where
 * the plan file is free of errors and of what this version can't do. Throws a ClusterFault.
 */
export async function gatherPlan(file: string, io: Io, { asks = false }: Gathering = {}): Promise<GatherOutcome> {
  const read = await readPlanFile(file, io.cwd);
  if ('diagnostics' in read) return { result: 'refused', diagnostics: read.diagnostics, planFileText: '' };
  const planFileText = new TextDecoder().decode(read.bytes);
  if (isSavedPlan(planFileText)) {
    return { result: 'refused', diagnostics: [savedPlanGiven(file)], planFileText };
  }
  const { planFile, diagnostics, locate } = validatePlanFile(read.bytes, file);
  const place = placeIn(file, locate);
  const offline = [...diagnostics, ...(planFile === undefined ? [] : notYetSupported(planFile, place))];
  if (planFile === undefined || hasErrors(offline)) return { result: 'refused', diagnostics: offline, planFileText };
  const path = resolve(io.cwd, file);
  const resolved = resolveMigration(planFile, new Map(), place).migration;
  return withClusters(resolved, path, io, async (clusters) => {
    const [snapshots, stored, commit] = await Promise.all([
      takeSnapshot(readersOf(clusters), (listing) => planScope(resolveMigration(planFile, listing, place).migration)),
      readState(clusterNamed(clusters, resolved.state.cluster).log, resolved.name),
      gitSource(path),
    ]);
    const { mirrored, notes } = await readMirrored(planFile, stored, (name) => clusterNamed(clusters, name).log);
    const live = { snapshots, state: { ...stored, mirrored } };
    const source = { path, sha256: sha256(read.bytes), ...commit };
    const createdAt = new Date().toISOString();
    const draft = draftPlan({ planFile, place, ...live, source, createdAt, offline: [...offline, ...notes] });
    const readerOf = (name: string) => clusterNamed(clusters, name).reader;
    const plan = finishPlan(draft, asks ? await askClusters(draft.planned, readerOf) : undefined);
    return { result: 'planned', plan, live, planFileText };
  });
}

/** Reads again what a saved plan saw, for `staleness`. Throws a ClusterFault. */
export async function gatherLive(plan: ExecutionPlan, io: Io): Promise<LiveOfPlan> {
  const { migration, source } = plan;
  const live = await withClusters(migration, source.path, io, async (clusters) => {
    const [snapshots, state] = await Promise.all([
      takeSnapshot(readersOf(clusters), () => snapshotScope(migration)),
      readState(clusterNamed(clusters, migration.state.cluster).log, migration.name),
    ]);
    return { snapshots, state };
  });
  const planFile = await readFile(source.path).catch(() => undefined);
  return { ...live, ...(planFile === undefined ? {} : { planFileSha256: sha256(planFile) }) };
}

export type OpenClusters = ReadonlyMap<string, Cluster>;

/**
 * Opens every cluster of the migration and closes them again, whatever happens. Secrets are read here; throws one
 * ClusterFault with every value that cannot be had, of all clusters.
 */
export async function withClusters<Result>(
  migration: Pick<Migration, 'clusters'>,
  planFilePath: string,
  io: Io,
  work: (clusters: OpenClusters) => Promise<Result>,
): Promise<Result> {
  const environment = { env: io.env, baseDirectory: dirname(planFilePath), signal: io.signal };
  const clusters = new Map<string, Cluster>();
  try {
    const faults: ClusterFault[] = [];
    for (const [name, definition] of Object.entries(migration.clusters)) {
      const opened = await openCluster(name, definition, environment).catch(faultOf);
      if (opened instanceof ClusterFault) faults.push(opened);
      else clusters.set(name, opened);
    }
    const [first, ...rest] = faults;
    if (first === undefined) return await work(clusters);
    const [one, ...more] = first.diagnostics;
    throw new ClusterFault(first, [one, ...more, ...rest.flatMap((fault) => fault.diagnostics)]);
  } finally {
    await Promise.allSettled([...clusters.values()].map((cluster) => cluster.close()));
  }
}

function faultOf(error: unknown): ClusterFault {
  if (error instanceof ClusterFault) return error;
  throw error;
}

function readersOf(clusters: OpenClusters) {
  return Object.fromEntries([...clusters].map(([name, cluster]) => [name, cluster.reader]));
}

export function clusterNamed(clusters: OpenClusters, name: string): Cluster {
  const cluster = clusters.get(name);
  if (cluster === undefined) throw new Error(`cluster ${name} is not in the plan file`);
  return cluster;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
