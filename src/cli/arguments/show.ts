import { type CommandArguments, example, formatsNote, type GlobalFlags } from './command-arguments.ts';
import { type PlanFormat, planFormats } from './plan.ts';

export interface ShowOptions {
  readonly file: string;
  readonly format: PlanFormat;
}

export const showArguments: CommandArguments<ShowOptions> = {
  name: 'show',
  formats: planFormats,
  describe: (command) =>
    command
      .description('print a saved plan; asks no cluster')
      .argument('<file>', 'a plan saved by kplan plan --out')
      .addHelpText('after', formatsNote(planFormats))
      .addHelpText('after', example(['kplan show today.kplan.json'])),
  parse: (command) => ({
    file: command.args[0] ?? '',
    format: command.optsWithGlobals<GlobalFlags<PlanFormat>>().format,
  }),
};
