import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../../src/cli/commands/init.ts';
import { examplePlanFile } from '../../../src/cli/example-plan-file.ts';
import { notYetSupported } from '../../../src/migration/not-yet.ts';
import { placeIn } from '../../../src/migration/place.ts';
import { validatePlanFile } from '../../../src/plan-file/check.ts';
import { formatPlanFile } from '../../../src/plan-file/format/format.ts';
import { type RecordedIo, recordedIo } from '../../fixtures/apply/recorded-io.ts';

/** The example with every line that it offers. */
const wholeExample = examplePlanFile.replaceAll(/^(?<indent> *)#(?=\S)/gmu, '$<indent>');

async function inFolder(work: (io: RecordedIo) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-init-'));
  await work(recordedIo(folder)).finally(() => rm(folder, { recursive: true }));
}

for (const [name, text] of Object.entries({ 'as written': examplePlanFile, 'with all its lines': wholeExample })) {
  test(`the example, ${name}, is valid, can be done and is formatted`, () => {
    const { planFile, diagnostics, locate } = validatePlanFile(text, 'plan.yaml');
    assert.equal(diagnostics, []);
    assert.ok(planFile);
    assert.equal(notYetSupported(planFile, placeIn('plan.yaml', locate)), []);
    assert.equal(formatPlanFile(text, 'plan.yaml'), { text });
  });
}

test('the lines that it offers are many, and its words stay words', () => {
  assert.ok((wholeExample.match(/^ *[a-z][A-Za-z]*:/gmu) ?? []).length > 20);
  assert.not.match(examplePlanFile, /\t|^.{121}/mu);
});

test('init writes the example, and leaves what is there', () =>
  inFolder(async (io) => {
    const options = { file: 'plan.yaml', force: false, format: 'text' } as const;
    assert.is(await init(options, io), 0);
    assert.match(io.out(), 'plan.yaml is written');
    assert.is(await readFile(join(io.cwd, 'plan.yaml'), 'utf8'), examplePlanFile);
    await writeFile(join(io.cwd, 'plan.yaml'), 'mine');
    assert.is(await init(options, io), 1);
    assert.match(io.err(), 'error KP1301: plan.yaml is there already');
    assert.is(await readFile(join(io.cwd, 'plan.yaml'), 'utf8'), 'mine');
    assert.is(await init({ ...options, force: true }, io), 0);
    assert.is(await readFile(join(io.cwd, 'plan.yaml'), 'utf8'), examplePlanFile);
    assert.equal(await readdir(io.cwd), ['plan.yaml']);
  }));

test('init into a folder that is not there; to standard output; as JSON', () =>
  inFolder(async (io) => {
    assert.is(await init({ file: 'gone/plan.yaml', force: false, format: 'json' }, io), 1);
    assert.is(
      JSON.parse(io.out()).diagnostics[0].summary,
      'gone/plan.yaml can not be written: its folder does not exist.',
    );
    const printed = recordedIo(io.cwd);
    assert.is(await init({ file: '-', force: false, format: 'text' }, printed), 0);
    assert.is(printed.out(), examplePlanFile);
    assert.equal(await readdir(io.cwd), []);
  }));

test.run();
