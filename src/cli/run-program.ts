import { type Command, CommanderError } from 'commander';
import { diagnostic } from '../diagnostics/diagnostic.ts';
import type { CommandArguments, GlobalFlags } from './arguments/command-arguments.ts';
import { createProgram } from './arguments/program.ts';
import { exitCodes } from './exit-codes.ts';
import { type AnyFormat, type CommandFunction, type Interrupt, type Io, plainFormats } from './io.ts';
import { outliveOutput, signalExitCodes, terminalIo, writeError, writeOut } from './terminal.ts';
import { diagnosticsOfError, viewFailure, viewReportedFailure } from './views/failure.ts';

/** A command that can be added to the program; what it runs is loaded when it is asked for. */
export type ProgramCommand = (program: Command, done: (exitCode: number) => void) => void;

export interface CommandTraits {
  /** It ends by itself after the first interrupt, when what it has begun is finished. */
  readonly graceful: boolean;
}

/** Joins the flags of a command with the function that does it. */
export function command<Options>(
  options: CommandArguments<Options>,
  load: () => Promise<CommandFunction<Options>>,
  traits: CommandTraits = { graceful: false },
): ProgramCommand {
  return (program, done) => {
    const { name, formats = plainFormats } = options;
    const own = options.describe(program.command(name));
    own.showHelpAfterError(`(kplan ${name} --help tells its flags, with an example)`);
    own.action(async () => {
      const flags = own.optsWithGlobals<GlobalFlags<AnyFormat>>();
      if (!formats.includes(flags.format)) {
        own.error(`error: kplan ${name} has no --format ${flags.format}, only ${formats.join(', ')}`);
      }
      const parsed = options.parse(own);
      const io = terminalIo(flags);
      const work = guarded(async () => (await load())(parsed, io), { flags, io, planFile: own.args[0] });
      done(await (traits.graceful ? work : Promise.race([work, interrupted(io.signal)])));
    });
  };
}

/** Parses the command line and runs its command. The exit code comes back; nothing is thrown. */
export async function runProgram(argv: readonly string[], commands: readonly ProgramCommand[]): Promise<number> {
  outliveOutput();
  const wantsJson = argv.some(
    (one, index) => one === '--format=json' || (one === 'json' && argv[index - 1] === '--format'),
  );
  const program = createProgram({ stdout: writeOut, stderr: wantsJson ? () => {} : writeError });
  let exitCode: number = exitCodes.done;
  for (const add of commands) {
    add(program, (code) => {
      exitCode = code;
    });
  }
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (fault) {
    if (!(fault instanceof CommanderError)) throw fault;
    if (fault.exitCode === 0) return exitCodes.done;
    if (wantsJson) viewFailure([diagnostic('KP4104', { summary: sentence(fault) })], 'json', jsonOnly);
    return exitCodes.error;
  }
}

interface Guarding {
  readonly flags: GlobalFlags<AnyFormat>;
  readonly io: Io;
  /** What the command was given to read. */
  readonly planFile: string | undefined;
}

/** A user's mistake or a cluster's fault is a diagnostic; everything else is a bug of ours and says so. */
async function guarded(work: () => Promise<number>, { flags, io, planFile }: Guarding): Promise<number> {
  try {
    return await work();
  } catch (fault) {
    if (io.signal.aborted) return exitCodeOf(io.signal);
    await viewReportedFailure(diagnosticsOfError(fault, flags.logLevel === 'debug'), flags.format, io, { planFile });
    return exitCodes.error;
  }
}

function interrupted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(exitCodeOf(signal)), { once: true });
  });
}

function exitCodeOf(signal: AbortSignal): number {
  const interrupt: Interrupt = signal.reason;
  return signalExitCodes[interrupt.signal];
}

const jsonOnly = { stdout: writeOut, stderr: writeError, color: false, quiet: false, logLevel: 'info' } as const;

/** Commander's messages begin with "error: " and end without a full stop; without a command it only shows the help. */
function sentence({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'No command is given.';
  const lower = message.replace(/^error: /, '').replaceAll('\n', ' ');
  const text = lower.charAt(0).toUpperCase() + lower.slice(1);
  return text.endsWith('.') || text.endsWith('?)') ? text : `${text}.`;
}
