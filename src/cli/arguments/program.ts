import { Command, Option } from 'commander';
import { kplanVersion } from '../../version.ts';
import { allFormats, logLevels } from '../io.ts';

/** The program with the flags that every command takes; the commands are added to it. It throws instead of exiting. */
export function createProgram(output: { stdout(text: string): void; stderr(text: string): void }): Command {
  return new Command('kplan')
    .description('Plans Kafka migrations from a file in git, and carries them out.')
    .version(kplanVersion)
    .addOption(
      new Option('--format <format>', 'how results are printed; beyond text and json where a command says so')
        .choices(allFormats)
        .default('text'),
    )
    .addOption(
      new Option('--log-level <level>', 'how much is told on stderr: warn is --quiet, error hides warnings too')
        .choices(logLevels)
        .default('info'),
    )
    .option('--quiet', 'no progress and no notes')
    .option('--no-color', 'no colour (as NO_COLOR in the environment)')
    .configureOutput({ writeOut: output.stdout, writeErr: output.stderr })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .showHelpAfterError('(kplan --help lists the commands; each has --help with an example)');
}
