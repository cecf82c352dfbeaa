import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { GlobalFlags } from './arguments/command-arguments.ts';
import { exitCodes } from './exit-codes.ts';
import type { Interrupt, Io } from './io.ts';

/** How long connections that are still open may keep the process after its work. */
const lingerMsMax = 2000;

/** Whether something was not written that somebody wanted. */
let outputLost = false;

export const signalExitCodes = {
  SIGINT: exitCodes.sigint,
  SIGTERM: exitCodes.sigterm,
} as const satisfies Record<Interrupt['signal'], number>;

/** The process's own terminal. Interrupts are watched from here on: the first aborts `signal`, the second ends at once. */
export function terminalIo(flags: Pick<GlobalFlags, 'color' | 'quiet' | 'logLevel'>): Io {
  const { env, stdin, stdout, stderr } = process;
  const interactive = stdin.isTTY === true && stdout.isTTY === true;
  const interrupts = watchInterrupts();
  return {
    stdout: writeOut,
    stderr: writeError,
    color: flags.color && !env.NO_COLOR && stdout.isTTY === true,
    interactive,
    quiet: (flags.quiet ?? false) || flags.logLevel === 'warn' || flags.logLevel === 'error',
    logLevel: flags.logLevel,
    cwd: process.cwd(),
    env,
    signal: interrupts.signal,
    async confirm(question) {
      if (!interactive) return false;
      const terminal = createInterface({ input: stdin, output: stderr });
      // It has the keyboard while it asks: Ctrl-C comes to it instead of to the process, and Ctrl-D closes it.
      terminal.once('SIGINT', () => {
        interrupts.abort({ signal: 'SIGINT' } satisfies Interrupt);
        terminal.close();
      });
      const closed = once(terminal, 'close').then(() => 'no');
      const answer = terminal.question(`${question} (only "yes" is a yes) `).catch(() => 'no');
      const isYes = (await Promise.race([answer, closed])).trim() === 'yes';
      terminal.close();
      return isYes;
    },
  };
}

export function writeOut(text: string): void {
  process.stdout.write(text);
}

export function writeError(text: string): void {
  process.stderr.write(text);
}

function watchInterrupts(): AbortController {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(signalExitCodes[signal]);
      controller.abort({ signal } satisfies Interrupt);
    });
  }
  return controller;
}

/**
 * Waits until everything that was written has been taken, however slow the reader is; connections that are still open by
 * then are not waited for for ever.
 */
export async function exitWith(code: number): Promise<void> {
  process.exitCode = code;
  await Promise.all([process.stdout, process.stderr].map(drained));
  if (outputLost && code === exitCodes.done) process.exitCode = exitCodes.error;
  setTimeout(() => process.exit(process.exitCode), lingerMsMax).unref();
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}

/**
 * Output that can not be written ends nothing: what is under way is finished and its leases are given back; what is
 * written from then on is lost. A reader that went away (`| head`) wanted no more, and the exit code says how the work
 * ended; of a full disk stderr tells, and the exit code is at least 1.
 */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (fault: NodeJS.ErrnoException) => {
      if (fault.code === 'EPIPE' || fault.code === 'ERR_STREAM_DESTROYED') return;
      outputLost = true;
      if (stream === process.stdout) writeError(`error: the output can not be written: ${fault.message}\n`);
    });
  }
}
