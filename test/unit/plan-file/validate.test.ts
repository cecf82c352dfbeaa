import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { validate } from '../../../src/cli/commands/validate.ts';

const plansFolder = join(import.meta.dirname, '..', '..', '..', 'plans');

async function run(files: readonly string[], cwd: string, format: 'text' | 'json' = 'json') {
  const printed: string[] = [];
  const io = { stdout: (text: string) => void printed.push(text), color: false, cwd };
  const exitCode = await validate({ files, format }, io);
  return { exitCode, output: printed.join('') };
}

const test = suite<{ folder: string }>('validate', { folder: '' });
test.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'kplan-validate-'));
});
test.after(async ({ folder }) => {
  await rm(folder, { recursive: true });
});

test('the examples are valid, without a warning', async () => {
  const names = await readdir(plansFolder);
  assert.ok(names.length >= 4);
  const { exitCode, output } = await run(names, plansFolder);
  assert.is(exitCode, 0);
  assert.equal(JSON.parse(output), { formatVersion: '1.0', valid: true, diagnostics: [] });
});

test('JSON is one document over all files, also on failure', async ({ folder }) => {
  await writeFile(join(folder, 'a.yaml'), 'version: 1\n');
  await writeFile(join(folder, 'b.yaml'), Buffer.from([0xc3, 0x28]));
  const { exitCode, output } = await run(['a.yaml', 'b.yaml', 'c.yaml'], folder);
  assert.is(exitCode, 1);
  const { valid, diagnostics } = JSON.parse(output);
  assert.is(valid, false);
  assert.equal(
    diagnostics.map(({ code, file, line }: Record<string, unknown>) => [code, file, line]),
    [
      ['KP1011', 'a.yaml', 1],
      ['KP1011', 'a.yaml', 1],
      ['KP1002', 'b.yaml', 1],
      ['KP1009', 'c.yaml', undefined],
    ],
  );
});

test('a folder is an error that lists its plan files', async () => {
  const { exitCode, output } = await run(['.'], plansFolder, 'text');
  assert.is(exitCode, 1);
  assert.match(output, /^error KP1017: \. is a folder\./u);
  for (const name of await readdir(plansFolder)) assert.ok(output.includes(name), name);
});

test('a file above the limit is not read', async ({ folder }) => {
  await writeFile(join(folder, 'large.yaml'), Buffer.alloc(1024 * 1024 + 1, '#'));
  const { output } = await run(['large.yaml'], folder);
  assert.equal(JSON.parse(output).diagnostics[0].code, 'KP1003');
});

test.run();
