import { type ReportFormat, reportFormats } from '../io.ts';
import { type CommandArguments, example, formatsNote, type GlobalFlags } from './command-arguments.ts';

export interface DriftOptions {
  readonly file: string;
  readonly format: ReportFormat;
}

export const driftArguments: CommandArguments<DriftOptions> = {
  name: 'drift',
  formats: reportFormats,
  describe: (command) =>
    command
      .description('show what was changed outside of kplan since the last apply; changes nothing')
      .argument('<file>', 'the plan file')
      .addHelpText('after', '\nExits with 2 where there is drift, 0 where there is none, 1 where kplan can not tell.\n')
      .addHelpText('after', formatsNote(reportFormats))
      .addHelpText(
        'after',
        example(['kplan drift plans/dc-to-msk.yaml', 'kplan drift plans/dc-to-msk.yaml --format junit > drift.xml']),
      ),
  parse: (command) => ({
    file: command.args[0] ?? '',
    format: command.optsWithGlobals<GlobalFlags<ReportFormat>>().format,
  }),
};
