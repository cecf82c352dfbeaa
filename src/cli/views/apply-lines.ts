import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { shownSource } from '../../diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import { parseAddress } from '../../execution-plan/address.ts';
import type { Step } from '../../execution-plan/execution-plan.ts';
import { renderPlanText } from '../../render/plan-text.ts';
import { type Io, isTold } from '../io.ts';
import type { ApplyView } from './apply-shown.ts';
import { nextWords, progressWords, stepWords, summaryWords } from './apply-words.ts';

/** A flow's progress is written no more often: a log of an hour stays readable; one of a week, while flows are followed. */
const progressIntervalMs = 5_000;
const followedIntervalMs = 300_000;
/** Steps that are each named in a log; of more, only how many are done is told. */
const namedStepsMax = 50;

/** For logs: a line when something began, ended or failed, and progress at a limited rate. */
export function applyLinesView(io: Io, now: () => number): ApplyView {
  const steps = new Map<string, Step>();
  const progressAtMs = new Map<string, number>();
  const shown = new Set<string>();
  let doneBefore = 0;
  let intervalMs = progressIntervalMs;

  function line(text: string): void {
    if (!io.quiet) io.stderr(`${text}\n`);
  }

  function words(id: string): string {
    const step = steps.get(id);
    return step === undefined ? id : stepWords(step);
  }

  /** Only the steps of a flow tell how far they are; its name is enough, for what they do is in the message. */
  function flowOf(id: string): string {
    const address = parseAddress(steps.get(id)?.address ?? '');
    return address?.kind === 'flow' ? address.name : words(id);
  }

  function diagnostics(found: readonly Diagnostic[], planFileText?: string): void {
    const sourceText = planFileText === undefined ? undefined : shownSource(planFileText);
    const wanted = found.filter((one) => isTold(io, one.severity));
    const texts = wanted.map((one) => renderDiagnostic(one, { color: io.color, sourceText }));
    const unseen = [...new Set(texts)].filter((text) => !shown.has(text));
    for (const text of unseen) shown.add(text);
    if (unseen.length > 0) io.stderr(unseen.join('\n'));
  }

  function done(id: string, text: string): void {
    if (steps.size <= namedStepsMax || steps.get(id)?.kind === 'mirror') line(`${words(id)}: ${text}`);
    doneBefore += 1;
    if (steps.size > namedStepsMax && doneBefore % namedStepsMax === 0)
      line(`${doneBefore} of ${steps.size} steps done`);
  }

  return {
    planned(plan, planFileText) {
      const options = { color: io.color, quiet: io.quiet, planFileText: shownSource(planFileText), isApplied: true };
      io.stdout(`${renderPlanText(plan, options)}\n`);
    },
    begin(plan) {
      for (const step of plan.steps) steps.set(step.id, step);
      const onAbort = () => line('Interrupted: finishing what is at hand. Interrupt again to stop now.');
      io.signal.addEventListener('abort', onAbort, { once: true });
    },
    event(event) {
      if (event.event === 'step_start' && event.kind === 'mirror') line(`${stepWords(event)}: started`);
      if (event.event === 'step_progress') line(`${flowOf(event.step)}: ${event.message}`);
      if (event.event === 'step_done') {
        done(event.step, event.result === 'done' ? `done in ${event.seconds.toFixed(1)} s` : 'was done before');
      }
      if (event.event === 'step_failed') {
        io.stderr(`${words(event.step)}: failed\n`);
        diagnostics(event.diagnostics);
      }
      if (event.event === 'flow_progress') {
        if (now() - (progressAtMs.get(event.flow) ?? 0) < intervalMs) return;
        progressAtMs.set(event.flow, now());
        line(`${event.flow}: ${progressWords(event)}`);
      }
      if (event.event === 'follow_start') {
        intervalMs = followedIntervalMs;
        line(`Following ${event.flows.join(', ')}. Interrupt to stop.`);
      }
      if (event.event === 'diagnostic') diagnostics([event.diagnostic]);
      if (event.event === 'summary') io.stdout(summaryWords(event.summary));
    },
    diagnostics,
    async end(next) {
      if (!io.quiet) io.stdout(nextWords(next));
    },
  };
}
