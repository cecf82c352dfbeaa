import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { test } from 'uvu';
import { is, match, not } from 'uvu/assert';
import { eventually, isAlive } from '../../fixtures/eventually.ts';

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

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`test files do not outlive a run that ends by ${signal}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kplan-test-run-'));
    const pidFile = join(folder, 'pid');
    const child = execa(process.execPath, [runner, fixture('hangs')], {
      reject: false,
      env: { KPLAN_TEST_PID_FILE: pidFile },
    });
    await eventually('the test file runs', 60_000, async () => (await readPid(pidFile)) > 0);
    child.kill(signal);
    const pid = await readPid(pidFile);
    await eventually('the test file is gone', 20_000, () => !isAlive(pid));
    is((await child).exitCode, { SIGKILL: undefined, SIGTERM: 143, SIGINT: 130 }[signal]);
    await rm(folder, { recursive: true });
  });
}

async function readPid(file: string): Promise<number> {
  return Number(await readFile(file, 'utf8').catch(() => '0'));
}

test.run();
