import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostic } from '../../../src/diagnostics/text.ts';
import { adoptions } from '../../../src/execution-plan/adopt.ts';
import { driftDocument } from '../../../src/render/drift-document.ts';
import { renderDriftMarkdown } from '../../../src/render/drift-markdown.ts';
import { renderDriftText } from '../../../src/render/drift-text.ts';
import { renderPlanMarkdown } from '../../../src/render/plan-markdown.ts';
import { renderPlanText } from '../../../src/render/plan-text.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { type PlanInput, type Planned, planOf, readCase } from './plan-case.ts';

const root = join(import.meta.dirname, '../../cases/plan');
const rewrites = process.env.UPDATE_GOLDEN === '1';

/** What a reviewer wants to read: the document without what every case has alike. */
function changesOf(result: Planned): string {
  if ('refused' in result) return json({ refused: result.refused });
  const { changes, drift, steps, summary, diagnostics, applyable } = result.plan;
  return json({ applyable, summary, changes, drift, steps, diagnostics });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function textOf(result: Planned, sourceText: string): string {
  if ('plan' in result) return renderPlanText(result.plan, { color: false, planFileText: sourceText });
  return result.refused.map((one) => renderDiagnostic(one, { color: false, sourceText })).join('\n');
}

/** Compared where a case's folder has the file. */
function moreOf(result: Planned, { text: planFileText, snapshots, state = emptyState }: PlanInput) {
  if ('refused' in result) return {};
  const stored = adoptions(result.plan, { snapshots, state }).map((one) => [one.address, one.state]);
  const drift = driftDocument(result.plan, true);
  return {
    'plan.md': renderPlanMarkdown(result.plan, { planFileText }),
    'drift.txt': renderDriftText(drift, { color: false, planFile: 'plan.yaml' }),
    'drift.md': renderDriftMarkdown(drift),
    'drift.json': json(drift),
    'stored.json': json(Object.fromEntries(stored)),
  };
}

for (const name of readdirSync(root).sort()) {
  test(name, () => {
    const folder = join(root, name);
    const input = readCase(folder);
    const result = planOf(input);
    const golden = { 'changes.json': changesOf(result), 'plan.txt': textOf(result, input.text) };
    const more = Object.entries(moreOf(result, input)).filter(([file]) => existsSync(join(folder, file)));
    for (const [file, actual] of [...Object.entries(golden), ...more]) {
      if (rewrites) writeFileSync(join(folder, file), actual);
      assert.fixture(actual, readFileSync(join(folder, file), 'utf8'), `${name}/${file}; UPDATE_GOLDEN=1 rewrites it`);
    }
  });
}

test.run();
