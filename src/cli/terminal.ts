import { createInterface } from 'node:readline/promises';
import type { GlobalFlags } from './arguments/command-arguments.ts';
import { exitCodes } from './exit-codes.ts';
import type { Interrupt, Io } from './io.ts';

/** How long connections that are still open may keep the process after its work. */
const lingerMsMax = 2000;

export const signalExitCodes = {
  SIGINT: exitCodes.sigint,
  SIGTERM: exitCodes.sigterm,
} as const satisfies Record<Interrupt['signal'], number>;

/** The process's own terminal. Interrupts are watched from here on: the first aborts `signal`, the second ends at once. */
export function terminalIo(flags: Pick<GlobalFlags, 'color' | 'quiet' | 'logLevel'>): Io {
  const { env, stdin, stdout, stderr } = process;
  const interactive = stdin.isTTY === true && stdout.isTTY === true;
  return {
    stdout: writeOut,
    stderr: writeError,
    color: flags.color && !env.NO_COLOR && stdout.isTTY === true,
    interactive,
    quiet: flags.quiet ?? false,
    logLevel: flags.logLevel,
    cwd: process.cwd(),
    env,
    signal: watchInterrupts(),
    async confirm(question) {
      if (!interactive) return false;
      const terminal = createInterface({ input: stdin, output: stderr });
      try {
        return (await terminal.question(`${question} (only "yes" is a yes) `)).trim() === 'yes';
      } finally {
        terminal.close();
      }
    },
  };
}

export function writeOut(text: string): void {
  process.stdout.write(text);
}

export function writeError(text: string): void {
  process.stderr.write(text);
}

function watchInterrupts(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(signalExitCodes[signal]);
      controller.abort({ signal } satisfies Interrupt);
    });
  }
  return controller.signal;
}

/** Lets the output drain and the connections close, but does not wait for them for ever. */
export function exitWith(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), lingerMsMax).unref();
}

/**
 * A reader that went away (`| head`) ends nothing: what is under way is finished, its leases are given back and the exit
 * code says how it ended; what is written from then on is lost.
 */
export function tolerateClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (fault: NodeJS.ErrnoException) => {
      if (fault.code !== 'EPIPE' && fault.code !== 'ERR_STREAM_DESTROYED') throw fault;
    });
  }
}
