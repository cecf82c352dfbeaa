import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';

export interface FmtOptions {
  /** Plan files; `-` is standard input, whose result goes to standard output. */
  readonly files: readonly string[];
  /** Writes nothing; exit code 1 where a file is not formatted. */
  readonly check: boolean;
  readonly format: OutputFormat;
}

interface FmtFlags extends GlobalFlags {
  readonly check?: boolean;
}

export const fmtArguments: CommandArguments<FmtOptions> = {
  name: 'fmt',
  describe: (command) =>
    command
      .description('write plan files in their canonical layout; comments, anchors and quotes stay')
      .argument('<file...>', 'plan files; - is standard input, formatted to standard output')
      .option('--check', 'write nothing, name the files that are not formatted and exit with 1')
      .addHelpText('after', example(['kplan fmt plans/dc-to-msk.yaml', 'kplan fmt --check plans/*.yaml'])),
  parse: (command) => {
    const { check = false, format } = command.optsWithGlobals<FmtFlags>();
    return { files: command.args, check, format };
  },
};
