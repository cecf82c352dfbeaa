import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { is, match, ok } from 'uvu/assert';
import { eventually, isAlive } from '../../fixtures/eventually.ts';
import { type FileResult, runFile } from '../../runner/run-file.ts';

const timeoutMs = 20_000;

function run(name: string, limits: { timeoutMs?: number; exitGraceMs?: number } = {}): Promise<FileResult> {
  const path = fileURLToPath(new URL(`../../fixtures/runner/${name}.ts`, import.meta.url));
  return runFile(path, { timeoutMs, env: { KPLAN_TEST_SEED: '7' }, ...limits });
}

function counts({ passed, failed }: FileResult): string {
  return `${passed} passed, ${failed} failed`;
}

test('counts the tests of a file that passes', async () => {
  const result = await run('passes');
  is(counts(result), '2 passed, 0 failed');
  is(result.problem, undefined);
  ok(result.seconds > 0);
});

test('counts a failed test and keeps the output that tells why', async () => {
  const result = await run('fails');
  is(counts(result), '1 passed, 1 failed');
  match(result.output, 'one is not two');
});

test('kills a file that hangs', async () => {
  const result = await run('hangs', { timeoutMs: 1_000 });
  is(counts(result), '0 passed, 1 failed');
  match(result.problem ?? '', 'not done after 1 s');
});

test('kills what a hanging file started', async () => {
  const result = await run('starts-process', { timeoutMs: 4_000 });
  const pid = Number(/pid=(\d+)/.exec(result.output)?.[1]);
  ok(pid > 0, result.output);
  await eventually('the process that the file started is gone', 20_000, () => !isAlive(pid));
});

test('kills a file that does not exit after its tests', async () => {
  const result = await run('lingers', { exitGraceMs: 300 });
  is(counts(result), '1 passed, 1 failed');
  match(result.problem ?? '', 'did not exit');
});

test('fails a file that forgot test.run()', async () => {
  const result = await run('forgets-run');
  is(counts(result), '0 passed, 1 failed');
  match(result.problem ?? '', 'test.run()');
});

test('fails a file that left a test out', async () => {
  const result = await run('skips');
  is(counts(result), '1 passed, 1 failed');
  match(result.problem ?? '', 'left out 1');
});

test('fails a file whose before hook threw, which uvu calls success', async () => {
  const result = await run('hook-throws');
  is(counts(result), '0 passed, 1 failed');
  match(result.problem ?? '', 'a hook');
});

test('fails a file that died', async () => {
  const result = await run('dies');
  is(counts(result), '0 passed, 1 failed');
  match(result.problem ?? '', 'died by SIGKILL');
});

test('fails a file that ends badly though its tests passed', async () => {
  const result = await run('rejects');
  is(counts(result), '1 passed, 1 failed');
  match(result.output, 'nobody caught this');
});

test.run();
