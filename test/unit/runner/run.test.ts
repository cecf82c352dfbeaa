import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { test } from 'uvu';
import { is, match, not } from 'uvu/assert';

const runner = fileURLToPath(new URL('../../run.ts', import.meta.url));

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/runner/${name}.ts`, import.meta.url));
}

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const { stdout, exitCode } = await execa(process.execPath, [runner, ...args], { reject: false, env });
  return { stdout, exitCode, lastLine: stdout.split('\n').at(-1) };
}

test('the last line adds up the files, and the exit code tells', async () => {
  const { lastLine, exitCode, stdout } = await run([fixture('passes'), fixture('fails'), fixture('dies')]);
  is(lastLine, '3 passed, 2 failed');
  is(exitCode, 1);
  match(stdout, 'one is not two');
  match(stdout, /dies\.ts: died by SIGKILL/);
});

test('a run without failures exits with 0 and keeps the files’ output to itself', async () => {
  const { lastLine, exitCode, stdout } = await run([fixture('passes')], { KPLAN_TEST_SEED: '42' });
  is(lastLine, '2 passed, 0 failed');
  is(exitCode, 0);
  match(stdout, 'KPLAN_TEST_SEED=42');
  not.match(stdout, 'Total:');
});

test('a name that matches nothing is a failure', async () => {
  const { lastLine, exitCode, stdout } = await run(['test/nowhere']);
  is(lastLine, '0 passed, 1 failed');
  is(exitCode, 1);
  match(stdout, 'test/nowhere');
});

test.run();
