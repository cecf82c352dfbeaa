import { type Diagnostic, diagnostic, hasErrors } from '../src/diagnostics/diagnostic.ts';
import type { ExecutionPlan } from '../src/execution-plan/execution-plan.ts';
import type { Acceptance } from '../src/losses/accept.ts';
import type { FollowPace } from './follow/follow-context.ts';
import { followFlows } from './follow/follow-flows.ts';
import { ClusterFault } from './kafka/cluster-fault.ts';
import { acceptLosses } from './run/accept-losses.ts';
import type { Emit, RunResult, RunSummary } from './run/events.ts';
import { adoptedNotes, type Live, lookAt } from './run/look.ts';
import { runSteps, type StepHandlers, type StepsResult } from './run/run-steps.ts';
import { type Leasing, takeLease } from './run/take-lease.ts';
import { clusterOf, type RunWorld } from './run/world.ts';
import { openJournal, pruneJournal } from './state/journal.ts';
import { kafkaStateLog } from './state/kafka-state-log.ts';
import type { HeldByUs } from './state/lease.ts';
import type { StateLog } from './state/state-log.ts';
import { ensureStateTopic } from './state/store.ts';
import { stepHandlers } from './steps/step-handlers.ts';

export interface RunOptions extends Leasing {
  /** Names the run in the journal: unique, without a slash. */
  readonly run: string;
  readonly lockTimeoutSeconds: number;
  readonly only?: 'resources' | 'data' | undefined;
  readonly maxDurationSeconds?: number | undefined;
  /** Aborted: finish the step at hand (mirroring: the transaction) and stop. */
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** What lives now, read anew for this call; asked under the lease. */
  readonly live: () => Promise<Live>;
  /** What was read when the plan was made, where that was just now. */
  readonly seen?: Live | undefined;
  /** Losses after which the plan's flows go on. */
  readonly accept?: readonly Acceptance[] | undefined;
  /** Goes on with the plan's flows once its steps are done. */
  readonly follow?: FollowPace | undefined;
  /** Absent: the real ones. */
  readonly handlers?: StepHandlers;
}

const noSteps: StepsResult = { done: 0, alreadyDone: 0, failed: 0, left: 0, decide: false, stale: false };

/**
 * Applies an execution plan: takes the control lease, looks that nothing moved since the plan was made, and does its
 * steps. Everything that happens is told through `emit`, the summary last. Errors of clusters become diagnostics; only
 * broken invariants are thrown.
 */
export async function applyPlan(plan: ExecutionPlan, world: RunWorld, options: RunOptions): Promise<RunSummary> {
  const { clock } = world;
  const startedAtMs = clock.nowMs();
  const ended = new AbortController();
  const limit = timeLimit(world, options.maxDurationSeconds, ended.signal);
  let outcome: { readonly result: RunResult; readonly steps: StepsResult };
  try {
    outcome = (await atFirstSight(plan, options)) ?? (await underLease(plan, world, { ...options, limit }));
    if (outcome.result === 'done') outcome = { ...outcome, result: await follow(plan, world, { ...options, limit }) };
  } catch (error) {
    if (!(error instanceof ClusterFault)) throw error;
    for (const one of error.diagnostics) options.emit({ event: 'diagnostic', diagnostic: one });
    outcome = { result: 'failed', steps: { ...noSteps, left: plan.steps.length } };
  } finally {
    ended.abort();
  }
  const { done, alreadyDone, failed, left } = outcome.steps;
  const seconds = (clock.nowMs() - startedAtMs) / 1000;
  const summary = { result: outcome.result, steps: { done, alreadyDone, failed, left }, seconds };
  options.emit({ event: 'summary', summary });
  return summary;
}

/** And nothing else: a follower applies what it finds with the leasing of its own run, not with what that run has seen. */
function leasingOf({ holder, leaseSeconds }: Leasing): Leasing {
  return { holder, leaseSeconds };
}

/** The control lease is given back by then; an interrupt is a clean end. */
async function follow(plan: ExecutionPlan, world: RunWorld, options: LimitedOptions): Promise<RunResult> {
  const { follow: pace, run, emit, limit } = options;
  if (pace === undefined) return 'done';
  emit({ event: 'follow_start', flows: plan.migration.flows.map((flow) => flow.name) });
  const signal = AbortSignal.any([options.signal, limit]);
  const result = await followFlows(plan, world, { run, emit, pace, signal, leasing: leasingOf(options) });
  return result === 'done' && limit.aborted && !options.signal.aborted ? 'time-limit' : result;
}

/**
 * What is refused takes no lease and writes nothing: not even the state's topic, which could be made on a wrong cluster.
 * Nor does a plan that has no steps, unless there is something to adopt.
 */
async function atFirstSight(plan: ExecutionPlan, { seen, live, emit }: RunOptions) {
  const { stale, adopted } = lookAt(plan, seen ?? (await live()));
  for (const one of stale) emit({ event: 'diagnostic', diagnostic: one });
  const left = plan.steps.length;
  if (stale.length > 0) return { result: 'stale' as const, steps: { ...noSteps, left } };
  if (left > 0) return null;
  return adopted.length === 0 ? { result: 'done' as const, steps: noSteps } : null;
}

type LimitedOptions = RunOptions & { readonly limit: AbortSignal };

async function underLease(plan: ExecutionPlan, world: RunWorld, options: LimitedOptions) {
  const { migration } = plan;
  const { emit } = options;
  const cluster = clusterOf(world, migration.state.cluster);
  const { replicationFactor } = migration.state;
  for (const warning of await ensureStateTopic(cluster, world.clock, { name: migration.name, replicationFactor })) {
    emit({ event: 'diagnostic', diagnostic: warning });
  }
  const stateLog = kafkaStateLog(cluster.log, world.clock, migration.name);
  const taken = await takeLease(stateLog, world.clock, {
    ...options,
    migration: migration.name,
    lease: 'control',
    signal: AbortSignal.any([options.signal, options.limit]),
    onWait: (note) => emit({ event: 'diagnostic', diagnostic: note }),
  });
  if (taken.result === 'locked') {
    const steps = { ...noSteps, left: plan.steps.length };
    if (options.signal.aborted) return { result: 'interrupted' as const, steps };
    emit({ event: 'diagnostic', diagnostic: taken.diagnostic });
    return { result: 'locked' as const, steps };
  }
  try {
    return await underControl(plan, world, { ...options, control: taken.held, stateLog });
  } finally {
    await taken.held.release();
  }
}

type ControlOptions = LimitedOptions & { readonly control: HeldByUs; readonly stateLog: StateLog };

async function underControl(plan: ExecutionPlan, world: RunWorld, options: ControlOptions) {
  const { emit, control, stateLog, handlers = stepHandlers } = options;
  const { live, begun, stale, adopted } = lookAt(plan, await options.live());
  for (const one of stale) emit({ event: 'diagnostic', diagnostic: one });
  if (stale.length > 0) return { result: 'stale' as const, steps: { ...noSteps, left: plan.steps.length } };
  const decided = await acceptLosses(options.accept ?? [], live.state, plan, world, options);
  for (const one of decided) emit({ event: 'diagnostic', diagnostic: one });
  if (hasErrors(decided)) return { result: 'failed' as const, steps: { ...noSteps, left: plan.steps.length } };
  const signal = AbortSignal.any([options.signal, options.limit, control.signal]);
  const context = { plan, world, control, stateLog, leasing: leasingOf(options), signal, emit };
  const journal = openJournal(control, world.clock, { run: options.run, digest: plan.digest });
  await journal.adopt(adopted);
  for (const one of adoptedNotes(adopted)) emit({ event: 'diagnostic', diagnostic: one });
  const steps = await runSteps({ context, handlers, journal, begun, only: options.only });
  const result = resultOf(steps, options);
  if (result === 'done') await pruneJournal(control, live.state);
  for (const one of endNotes(result, steps, options)) emit({ event: 'diagnostic', diagnostic: one });
  return { result, steps };
}

/** What is new since the plan was made is no concern of a plan that is followed: the flow's process takes it in, or tells of it. */
function resultOf(steps: StepsResult, { signal, limit, control, follow }: ControlOptions): RunResult {
  if (steps.decide) return 'decide';
  if (steps.failed > 0 || control.signal.aborted) return 'failed';
  if (steps.left === 0) return steps.stale && follow === undefined ? 'stale' : 'done';
  if (signal.aborted) return 'interrupted';
  return limit.aborted ? 'time-limit' : 'failed';
}

/** Why it ended before everything was done, where no step has said so. */
function endNotes(result: RunResult, steps: StepsResult, options: ControlOptions): readonly Diagnostic[] {
  const lost: unknown = options.control.signal.reason;
  if (steps.failed === 0 && lost instanceof ClusterFault) return lost.diagnostics;
  if (result === 'interrupted') return [diagnostic('KP4015', { summary: 'Interrupted before everything was done.' })];
  if (result !== 'time-limit') return [];
  return [diagnostic('KP4014', { summary: `The time limit of ${options.maxDurationSeconds} s was reached.` })];
}

/** Aborted when the run has taken so long. */
function timeLimit(world: RunWorld, seconds: number | undefined, ended: AbortSignal): AbortSignal {
  const limit = new AbortController();
  if (seconds !== undefined) {
    void world.clock.sleep(seconds * 1000, ended).then(() => {
      if (!ended.aborted) limit.abort();
    });
  }
  return limit.signal;
}
