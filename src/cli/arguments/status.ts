import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';

export interface StatusOptions {
  readonly file: string;
  readonly format: OutputFormat;
}

export const statusArguments: CommandArguments<StatusOptions> = {
  name: 'status',
  describe: (command) =>
    command
      .description('how far each flow is, and who holds the leases')
      .argument('<file>', 'the plan file')
      .addHelpText('after', example(['kplan status plans/dc-to-msk.yaml'])),
  parse: (command) => ({ file: command.args[0] ?? '', format: command.optsWithGlobals<GlobalFlags>().format }),
};
