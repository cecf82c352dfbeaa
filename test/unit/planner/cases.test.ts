import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostic } from '../../../src/diagnostics/text.ts';
import { renderPlanText } from '../../../src/render/plan-text.ts';
import { type Planned, planOf, readCase } from './plan-case.ts';

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

for (const name of readdirSync(root).sort()) {
  test(name, () => {
    const folder = join(root, name);
    const input = readCase(folder);
    const result = planOf(input);
    const golden = { 'changes.json': changesOf(result), 'plan.txt': textOf(result, input.text) };
    for (const [file, actual] of Object.entries(golden)) {
      if (rewrites) writeFileSync(join(folder, file), actual);
      assert.fixture(actual, readFileSync(join(folder, file), 'utf8'), `${name}/${file}; UPDATE_GOLDEN=1 rewrites it`);
    }
  });
}

test.run();
