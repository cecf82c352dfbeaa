import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname, relative, resolve } from 'node:path';
import { systemClock } from '../../../runner/engines/native/clock.ts';
import { followPace } from '../../../runner/follow/limits.ts';
import { type Cluster, openCluster } from '../../../runner/kafka/open.ts';
import type { RunResult, RunSummary } from '../../../runner/run/events.ts';
import { applyPlan } from '../../../runner/run.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import type { ExecutionPlan } from '../../execution-plan/execution-plan.ts';
import { isSavedPlan, readExecutionPlan } from '../../execution-plan/read-execution-plan.ts';
import type { LeaseHolder } from '../../state/records.ts';
import type { ApplyOptions } from '../arguments/apply.ts';
import { exitCodes } from '../exit-codes.ts';
import { gatherLive, gatherPlan } from '../gather.ts';
import type { LiveView } from '../gathered.ts';
import type { Interrupt, Io } from '../io.ts';
import type { ApplyView } from '../views/apply-shown.ts';
import { applyView } from '../views/apply-view.ts';
import { nextCommands } from '../views/apply-words.ts';
import { diagnosticsOfError } from '../views/failure.ts';

/**
 * `kplan apply FILE`: a saved plan is carried out as it is; a plan file is planned, shown and asked for. Everything that
 * happens is an event of the view; the exit code tells how it ended.
 */
export async function apply(options: ApplyOptions, io: Io): Promise<number> {
  const view = applyView(options, io, systemClock.nowMs);
  try {
    const approved = await approvedPlan(options, io, view);
    if (approved === null) return await end(view, io.signal.aborted ? 'interrupted' : 'failed', io);
    const nothing = nothingToFollow(approved.plan, options);
    if (nothing !== null) {
      view.diagnostics([nothing]);
      return await end(view, 'failed', io);
    }
    return await run(approved, options, io, view);
  } catch (error) {
    view.diagnostics(diagnosticsOfError(error, io.logLevel === 'debug'));
    return end(view, io.signal.aborted ? 'interrupted' : 'failed', io);
  }
}

interface Approved {
  readonly plan: ExecutionPlan;
  /** What it was made from, where that was in this very command. */
  readonly seen?: LiveView;
}

/** Null where there is nothing that may be applied; the view was told why. */
async function approvedPlan(options: ApplyOptions, io: Io, view: ApplyView): Promise<Approved | null> {
  const saved = await savedPlan(options.file, io);
  if (saved !== null) {
    if ('digest' in saved) return applyable(saved, view);
    view.diagnostics(saved);
    return null;
  }
  const gathered = await gatherPlan(options.file, io, { asks: true });
  if (gathered.result === 'refused') {
    view.diagnostics(gathered.diagnostics, gathered.planFileText);
    return null;
  }
  const { plan, planFileText, live } = gathered;
  view.planned(plan, planFileText);
  if (!plan.applyable) return null;
  const approved = { plan, seen: live };
  if (options.autoApprove || plan.steps.length === 0) return approved;
  if (!io.interactive || options.format === 'json') {
    view.diagnostics([
      diagnostic('KP4011', { summary: `${options.file} is a plan file, and nobody approved its plan.` }),
    ]);
    return null;
  }
  if (await io.confirm('Apply this plan?')) return approved;
  view.diagnostics([diagnostic('KP4012', { summary: 'The plan was declined; nothing was changed.' })]);
  return null;
}

/** Null where the file is no saved plan. */
async function savedPlan(file: string, io: Io): Promise<ExecutionPlan | readonly Diagnostic[] | null> {
  const text = await readFile(resolve(io.cwd, file), 'utf8').catch(() => '');
  return isSavedPlan(text) ? readExecutionPlan(text, file) : null;
}

function applyable(plan: ExecutionPlan, view: ApplyView): Approved | null {
  if (plan.applyable) return { plan };
  view.diagnostics([...plan.diagnostics, diagnostic('KP4013', { summary: 'The saved plan holds errors.' })]);
  return null;
}

function nothingToFollow({ migration }: ExecutionPlan, { follow, only }: ApplyOptions): Diagnostic | null {
  if (follow !== true || (migration.flows.length > 0 && only !== 'resources')) return null;
  const why = only === 'resources' ? '--only resources leaves the flows out' : 'the plan has no flows';
  return diagnostic('KP4021', { summary: `There is nothing to follow: ${why}.` });
}

async function run({ plan, seen }: Approved, options: ApplyOptions, io: Io, view: ApplyView): Promise<number> {
  const clusters = new Map<string, Cluster>();
  const environment = { env: io.env, baseDirectory: dirname(plan.source.path) };
  try {
    for (const [name, definition] of Object.entries(plan.migration.clusters)) {
      clusters.set(name, await openCluster(name, definition, environment));
    }
    view.begin(plan);
    const summary = await applyPlan(
      plan,
      { clusters, clock: systemClock },
      {
        run: runName(),
        holder: holder(options, io),
        leaseSeconds: options.leaseSeconds,
        lockTimeoutSeconds: options.lockTimeoutSeconds,
        only: options.only,
        maxDurationSeconds: options.maxDurationSeconds,
        signal: io.signal,
        emit: view.event,
        live: () => gatherLive(plan, io),
        accept: options.accept,
        follow: options.follow === true ? followPace : undefined,
        seen,
      },
    );
    const file = relative(io.cwd, plan.source.path);
    await view.end(summary.result === 'done' ? nextCommands(plan, file, options.only) : []);
    return exitCode(summary.result, io);
  } finally {
    await Promise.allSettled([...clusters.values()].map((cluster) => cluster.close()));
  }
}

/** Nothing ran: the summary says so, that a reader of the events need not wait for more. */
async function end(view: ApplyView, result: RunResult, io: Io): Promise<number> {
  const steps = { done: 0, alreadyDone: 0, failed: 0, left: 0 };
  const summary: RunSummary = { result, steps, seconds: 0 };
  view.event({ event: 'summary', summary });
  await view.end([]);
  return exitCode(result, io);
}

const codes = {
  done: exitCodes.done,
  failed: exitCodes.error,
  stale: exitCodes.stale,
  locked: exitCodes.locked,
  decide: exitCodes.decide,
  'time-limit': exitCodes.timeLimit,
} as const satisfies Record<Exclude<RunResult, 'interrupted'>, number>;

function exitCode(result: RunResult, io: Io): number {
  return result === 'interrupted' ? interruptCode(io) : codes[result];
}

function interruptCode(io: Io): number {
  const { signal } = io.signal.reason as Interrupt;
  return signal === 'SIGTERM' ? exitCodes.sigterm : exitCodes.sigint;
}

/** Sorts by time, and is unique. */
function runName(): string {
  const time = new Date(systemClock.nowMs()).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}

/** For the message that another one gets: the CI job where there is one, else who and where. */
function holder(options: ApplyOptions, io: Io): LeaseHolder {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, CI_JOB_URL, BUILD_URL } = io.env;
  const github = GITHUB_RUN_ID && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  const job = github || CI_JOB_URL || BUILD_URL;
  const who = `${userName(io)}@${hostname()} (pid ${process.pid})`;
  return { id: randomUUID(), who: job ? `${who}, ${job}` : who, command: `kplan apply ${options.file}` };
}

/** A container's user may have no name. */
function userName(io: Io): string {
  try {
    return userInfo().username;
  } catch {
    return io.env.USER ?? 'unknown';
  }
}
