import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { is, ok } from 'uvu/assert';
import { eventually, isAlive } from '../fixtures/eventually.ts';

const victim = fileURLToPath(new URL('../fixtures/clusters-victim.ts', import.meta.url));
const cleanUpTimeoutMs = 60_000;

/** Runs the victim with a temporary folder of its own until its cluster is up. */
async function startVictim(folder: string, args: readonly string[]) {
  const env = { ...process.env, TMPDIR: folder, KPLAN_TEST_BOOTSTRAP: '' };
  const child = spawn(process.execPath, [victim, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), gone]);
  ok(typeof line === 'string', 'the victim ended without a cluster');
  const pids: readonly (number | undefined)[] = JSON.parse(line);
  return { child, gone, pids };
}

async function expectNothingLeft(args: readonly string[], signal?: NodeJS.Signals): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-test-cleanup-'));
  try {
    const { child, gone, pids } = await startVictim(folder, args);
    is(pids.length, 1);
    if (signal !== undefined) {
      ok((await readdir(folder)).length > 0, 'the cluster keeps its data elsewhere');
      child.kill(signal);
    }
    await gone;
    for (const pid of pids) {
      await eventually('the broker is gone', cleanUpTimeoutMs, () => pid === undefined || !isAlive(pid));
    }
    await eventually('its data is gone', cleanUpTimeoutMs, async () => (await readdir(folder)).length === 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('brokers and data go with a test process that ends without stopping them', () => expectNothingLeft(['exit']));

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`brokers and data go with a test process that is ended by ${signal}`, () => expectNothingLeft([], signal));
}

test.run();
