import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyLinesView } from '../../../src/cli/views/apply-lines.ts';
import { diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import { renderPlanText } from '../../../src/render/plan-text.ts';
import { recordedIo } from '../../fixtures/apply/recorded-io.ts';
import { planned, readCase } from '../planner/plan-case.ts';

const unchanged = planned(readCase(join(import.meta.dirname, '../../cases/plan/nothing-to-do')));
const lost = diagnostic('KP5006', {
  address: 'flow/a',
  summary: 'The target topic orders was deleted and made again.',
});
const noSteps = { done: 0, alreadyDone: 0, failed: 0, left: 7 };

function timesIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

test('where nothing changes, plan warns and names the next command as the user named the file', () => {
  const warning = diagnostic('KP2104', { summary: 'More partitions.' });
  const plan = { ...unchanged, diagnostics: [warning] };
  const shown = renderPlanText(plan, { color: false, planFile: 'moves/dc.yaml' });
  assert.match(shown, 'warning KP2104');
  assert.match(shown, '  kplan apply moves/dc.yaml\n');
  const applied = renderPlanText(plan, { color: false, isApplied: true });
  assert.not.match(applied, 'KP2104');
  assert.not.match(applied, 'kplan apply');
});

test('what is the same for many partitions is said once', () => {
  const io = recordedIo('.');
  const view = applyLinesView(io, Date.now);
  view.begin(unchanged);
  view.event({ event: 'step_failed', step: unchanged.steps[0]?.id ?? '', diagnostics: [lost, { ...lost }] });
  assert.is(timesIn(io.err(), 'KP5006'), 1);
});

test('a blank line stands between the plan and what follows, and between findings', () => {
  const io = recordedIo('.');
  const view = applyLinesView(io, Date.now);
  view.planned(unchanged, '');
  assert.match(io.out(), /\S\n\n$/);
  const names = ['a', 'b'].map((name) => diagnostic('KP1011', { summary: `The key ${name} is missing.` }));
  view.diagnostics(names);
  assert.match(io.err(), /\n\nerror KP1011: The key b/);
});

test('progress of a step begins with the flow, not with all that the step does', () => {
  const io = recordedIo('.');
  const view = applyLinesView(io, Date.now);
  const groups = { id: 's9', kind: 'sync-groups', address: 'flow/old-to-new', after: [], reason: '' } as const;
  view.begin({ ...unchanged, steps: [groups] });
  view.event({ event: 'step_progress', step: 's9', message: 'group billing: 6 offsets moved' });
  assert.is(io.err(), 'old-to-new: group billing: 6 offsets moved\n');
});

test('where nothing was applied no steps are counted', () => {
  for (const [result, text] of [
    ['stale', 'Nothing was applied: the plan is stale.\n'],
    ['locked', 'Nothing was applied: locked by someone else.\n'],
  ] as const) {
    const io = recordedIo('.');
    applyLinesView(io, Date.now).event({ event: 'summary', summary: { result, steps: noSteps, seconds: 1 } });
    assert.is(io.out(), text);
  }
});

test('what came to the source after the plan was made does not hide that the steps are done', () => {
  const io = recordedIo('.');
  const steps = { ...noSteps, done: 7, left: 0 };
  applyLinesView(io, Date.now).event({ event: 'summary', summary: { result: 'stale', steps, seconds: 1 } });
  assert.is(io.out(), 'Applied, but by now there is more than the plan says: 7 steps done in 1.0 s.\n');
});

test.run();
