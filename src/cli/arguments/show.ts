import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';

export interface ShowOptions {
  readonly file: string;
  readonly format: OutputFormat;
}

export const showArguments: CommandArguments<ShowOptions> = {
  name: 'show',
  describe: (command) =>
    command
      .description('print a saved plan; asks no cluster')
      .argument('<file>', 'a plan saved by kplan plan --out')
      .addHelpText('after', example(['kplan show today.kplan.json'])),
  parse: (command) => ({ file: command.args[0] ?? '', format: command.optsWithGlobals<GlobalFlags>().format }),
};
