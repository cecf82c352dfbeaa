import { type ChildProcess, fork } from 'node:child_process';
import { exitGraceMs, outputCharsMax } from './limits.ts';
import { judge, readSummary, type Verdict } from './verdict.ts';

export interface RunFileOptions {
  readonly timeoutMs: number;
  readonly exitGraceMs?: number;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kills the file's processes. */
  readonly signal?: AbortSignal;
}

export interface FileResult extends Verdict {
  readonly path: string;
  readonly seconds: number;
  readonly output: string;
}

const endWithParent = new URL('./end-with-parent.ts', import.meta.url).href;

/** Runs one test file in a process (and process group) of its own and counts its tests. Never throws for what the file does. */
export async function runFile(path: string, options: RunFileOptions): Promise<FileResult> {
  const startedAt = performance.now();
  const child = fork(path, {
    detached: true,
    execArgv: ['--import', endWithParent],
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let killed: 'timeout' | 'lingering' | undefined;
  let output = '';
  let grace: NodeJS.Timeout | undefined;
  function kill(reason: 'timeout' | 'lingering'): void {
    killed = reason;
    killGroup(child);
  }
  function collect(chunk: string): void {
    output = (output + chunk).slice(-outputCharsMax);
    if (grace === undefined && readSummary(output) !== undefined) {
      grace = setTimeout(() => kill('lingering'), options.exitGraceMs ?? exitGraceMs);
    }
  }
  child.stdout?.setEncoding('utf8').on('data', collect);
  child.stderr?.setEncoding('utf8').on('data', collect);
  const timeout = setTimeout(() => kill('timeout'), options.timeoutMs);
  const onAbort = () => killGroup(child);
  options.signal?.addEventListener('abort', onAbort);
  const { exitCode, signal } = await ended(child);
  options.signal?.removeEventListener('abort', onAbort);
  clearTimeout(timeout);
  clearTimeout(grace);
  killGroup(child);
  const verdict = judge({ output, exitCode, signal, killed, timeoutMs: options.timeoutMs });
  return { path, seconds: (performance.now() - startedAt) / 1000, output, ...verdict };
}

/** After the process itself, its output is waited for, but not for ever: a grandchild may hold it open. */
const outputDrainMs = 1_000;

function ended(child: ChildProcess): Promise<{ exitCode: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => {
      const timer = setTimeout(() => resolve({ exitCode, signal }), outputDrainMs);
      child.once('close', () => {
        clearTimeout(timer);
        resolve({ exitCode, signal });
      });
    });
  });
}

/** Kills what the file started and left behind, too. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
}
