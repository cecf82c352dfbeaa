import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { validate } from '../../../src/cli/commands/validate.ts';
import { exitCodes } from '../../../src/cli/exit-codes.ts';
import { planFileCodes } from '../../../src/diagnostics/codes/plan-file.ts';

/** Each folder holds a plan.yaml and, in expected.txt, what `validate plan.yaml` prints. UPDATE_GOLDEN=1 rewrites it. */
const casesFolder = join(import.meta.dirname, '..', '..', 'cases', 'validate');
const updates = process.env.UPDATE_GOLDEN === '1';
const names = await readdir(casesFolder);
const seenCodes = new Set<string>();

async function run(cwd: string): Promise<{ readonly output: string; readonly exitCode: number }> {
  const printed: string[] = [];
  const io = { stdout: (text: string) => void printed.push(text), color: false, cwd };
  const exitCode = await validate({ files: ['plan.yaml'], format: 'text' }, io);
  return { output: printed.join(''), exitCode };
}

for (const name of names) {
  test(name, async () => {
    const folder = join(casesFolder, name);
    const { output, exitCode } = await run(folder);
    if (updates) await writeFile(join(folder, 'expected.txt'), output);
    assert.fixture(output, await readFile(join(folder, 'expected.txt'), 'utf8'));
    assert.is(exitCode, /^error /mu.test(output) ? exitCodes.error : exitCodes.done);
    assert.not.match(output, 'hunter2');
    for (const [, code] of output.matchAll(/^(?:error|warning|note) (KP\d{4})/gmu)) if (code) seenCodes.add(code);
  });
}

/** Found before or after the text of one file: other tests show these. */
const shownElsewhere = ['KP1002', 'KP1009', 'KP1016', 'KP1017'];

test('every code of the plan file has a case', () => {
  const missing = Object.keys(planFileCodes).filter((code) => !seenCodes.has(code) && !shownElsewhere.includes(code));
  assert.equal(missing, []);
});

test.run();
