import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';

export interface VerifyOptions {
  readonly file: string;
  readonly format: OutputFormat;
}

export const verifyArguments: CommandArguments<VerifyOptions> = {
  name: 'verify',
  describe: (command) =>
    command
      .description('compare what arrived with the source, record by record')
      .argument('<file>', 'the plan file')
      .addHelpText('after', example(['kplan verify plans/dc-to-msk.yaml'])),
  parse: (command) => ({ file: command.args[0] ?? '', format: command.optsWithGlobals<GlobalFlags>().format }),
};
