import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostic } from '../../../src/diagnostics/text.ts';
import { commentsOf, formatPlanFile } from '../../../src/plan-file/format/format.ts';
import { parsePlanFile } from '../../../src/plan-file/parse.ts';

/** Each folder holds a plan.yaml and, in expected.txt, what `fmt` makes of it or says of it. UPDATE_GOLDEN=1 rewrites it. */
const casesFolder = join(import.meta.dirname, '../../cases/fmt');
const updates = process.env.UPDATE_GOLDEN === '1';

function outcome(text: Uint8Array | string): string {
  const formatted = formatPlanFile(text, 'plan.yaml');
  if ('text' in formatted) return formatted.text;
  return formatted.diagnostics.map((one) => renderDiagnostic(one, { color: false, sourceText: `${text}` })).join('\n');
}

function sortedComments(text: string): string[] {
  return commentsOf(text).sort();
}

for (const name of readdirSync(casesFolder).sort()) {
  test(name, () => {
    const folder = join(casesFolder, name);
    const bytes = readFileSync(join(folder, 'plan.yaml'));
    const actual = outcome(bytes);
    if (updates) writeFileSync(join(folder, 'expected.txt'), actual);
    assert.fixture(actual, readFileSync(join(folder, 'expected.txt'), 'utf8'));
    const { planFile } = parsePlanFile(bytes, 'plan.yaml');
    if (planFile === undefined) return;
    assert.equal(parsePlanFile(actual, 'plan.yaml').planFile, planFile);
    assert.equal(sortedComments(actual), sortedComments(bytes.toString()));
    assert.is(outcome(actual), actual);
  });
}

test.run();
