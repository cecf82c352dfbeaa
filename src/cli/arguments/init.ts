import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';

export interface InitOptions {
  /** Where the example is written; `-` is standard output. */
  readonly file: string;
  /** Writes over a file that is there. */
  readonly force: boolean;
  readonly format: OutputFormat;
}

interface InitFlags extends GlobalFlags {
  readonly force?: boolean;
}

const usualFile = 'plan.yaml';

export const initArguments: CommandArguments<InitOptions> = {
  name: 'init',
  describe: (command) =>
    command
      .description('write a plan file with comments to start from')
      .argument('[file]', `where to; - is standard output (default: ${usualFile})`)
      .option('--force', 'write over a file that is there')
      .addHelpText('after', example(['kplan init plans/dc-to-msk.yaml'])),
  parse: (command) => {
    const { force = false, format } = command.optsWithGlobals<InitFlags>();
    return { file: command.args[0] ?? usualFile, force, format };
  },
};
