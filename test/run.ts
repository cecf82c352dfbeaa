/**
 * Runs test files: `node test/run.ts [--long] [unit | properties | integration | PATH]...` (all kinds where nothing is named).
 * A process for each file; the shared Kafka clusters are started before the first integration test. KPLAN_TEST_SEED is
 * passed on, or chosen and printed. The last line is `N passed, N failed`; the exit code is 1 where anything failed.
 */
import './node-version.mjs';
import { randomInt } from 'node:crypto';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { machineVariable, probeMachine } from './clusters/probe.ts';
import { describeShared, type SharedClusters, sharedVariable, startSharedClusters } from './clusters/shared.ts';
import { findFiles, type TestFile } from './runner/find-files.ts';
import { filesAtOnce, fileTimeoutLongMs, fileTimeoutMs, type TestKind, testKinds } from './runner/limits.ts';
import { type FileResult, runFile } from './runner/run-file.ts';

const testFolder = fileURLToPath(new URL('.', import.meta.url));
/** Modules without their types and compiled: most of them are loaded by many files, and once a run is enough. */
const compiledFolder = fileURLToPath(new URL('../node_modules/.cache/kplan-test', import.meta.url));
const seedMax = 2 ** 31;
const interrupted = new AbortController();

interface Settings {
  readonly long: boolean;
  readonly env: Readonly<Record<string, string>>;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function nameOf(path: string): string {
  return relative(process.cwd(), path);
}

function report(result: FileResult): void {
  const { path, passed, failed, seconds, output, problem } = result;
  say(`${nameOf(path)}  ${passed} passed, ${failed} failed  ${seconds.toFixed(1)} s`);
  if (failed > 0) {
    say(output.trimEnd().replaceAll(/^/gm, '    '));
    if (problem !== undefined) {
      say(`    ${nameOf(path)}: ${problem}`);
    }
  }
}

async function runFiles(files: readonly TestFile[], kind: TestKind, settings: Settings): Promise<FileResult[]> {
  const timeoutMs = (settings.long ? fileTimeoutLongMs : fileTimeoutMs)[kind];
  return pMap(
    files.filter((file) => file.kind === kind),
    async ({ path }) => {
      const result = await runFile(path, { timeoutMs, env: settings.env, signal: interrupted.signal });
      if (!interrupted.signal.aborted) {
        report(result);
      }
      return result;
    },
    { concurrency: filesAtOnce[kind], signal: interrupted.signal },
  );
}

async function runIntegration(files: readonly TestFile[], settings: Settings): Promise<Counts> {
  const count = files.filter(({ kind }) => kind === 'integration').length;
  if (count === 0) {
    return { passed: 0, failed: 0 };
  }
  const startedAt = performance.now();
  const machine = await probeMachine();
  let shared: SharedClusters;
  try {
    shared = await startSharedClusters();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    say(`none of the ${count} integration test files could run`);
    return { passed: 0, failed: count };
  }
  const { source, target } = shared;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(
    `clusters: Kafka ${source.release ?? '?'} and ${target.release ?? '?'} (${target.origin}), up after ${seconds} s`,
  );
  const env = { ...settings.env, [sharedVariable]: describeShared(shared), [machineVariable]: JSON.stringify(machine) };
  const counts = countOf(await runFiles(files, 'integration', { ...settings, env }));
  await Promise.all([source.stop(), target.stop()]);
  return counts;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

function countOf(results: readonly Counts[]): Counts {
  return results.reduce((sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }), {
    passed: 0,
    failed: 0,
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { long: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const files = await findFiles(testFolder, positionals.length === 0 ? testKinds : positionals);
  const seed = process.env.KPLAN_TEST_SEED ?? String(randomInt(seedMax));
  say(`seed: KPLAN_TEST_SEED=${seed}`);
  const long: Record<string, string> = values.long ? { KPLAN_TEST_LONG: '1' } : {};
  const env = { KPLAN_TEST_SEED: seed, NODE_COMPILE_CACHE: compiledFolder, ...long };
  const settings: Settings = { long: values.long, env };
  const unit = countOf(await runFiles(files, 'unit', settings));
  const properties = countOf(await runFiles(files, 'properties', settings));
  const { passed, failed } = countOf([unit, properties, await runIntegration(files, settings)]);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted.abort();
    process.exit(exitCodes[signal]);
  });
}

process.exitCode = await main().catch((error: Error) => {
  say(error.message);
  say('0 passed, 1 failed');
  return 1;
});
