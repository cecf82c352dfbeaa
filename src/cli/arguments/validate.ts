import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';

export interface ValidateOptions {
  readonly files: readonly string[];
  readonly format: OutputFormat;
}

export const validateArguments: CommandArguments<ValidateOptions> = {
  name: 'validate',
  describe: (command) =>
    command
      .description('check plan files without a cluster')
      .argument('<file...>', 'plan files')
      .addHelpText('after', example(['kplan validate plans/dc-to-msk.yaml'])),
  parse: (command) => ({ files: command.args, format: command.optsWithGlobals<GlobalFlags>().format }),
};
