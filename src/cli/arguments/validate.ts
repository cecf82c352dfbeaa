import { plainFormats } from '../io.ts';
import { type CommandArguments, example, formatsNote, type GlobalFlags } from './command-arguments.ts';

export const validateFormats = [...plainFormats, 'junit', 'sarif'] as const;
export type ValidateFormat = (typeof validateFormats)[number];

export interface ValidateOptions {
  readonly files: readonly string[];
  readonly format: ValidateFormat;
}

export const validateArguments: CommandArguments<ValidateOptions> = {
  name: 'validate',
  formats: validateFormats,
  describe: (command) =>
    command
      .description('check plan files without a cluster')
      .argument('<file...>', 'plan files')
      .addHelpText('after', formatsNote(validateFormats))
      .addHelpText(
        'after',
        example(['kplan validate plans/dc-to-msk.yaml', 'kplan validate plans/*.yaml --format sarif > kplan.sarif']),
      ),
  parse: (command) => ({ files: command.args, format: command.optsWithGlobals<GlobalFlags<ValidateFormat>>().format }),
};
