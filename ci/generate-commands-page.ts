import type { Argument, Command, Option } from 'commander';
import { createProgram } from '../src/cli/arguments/program.ts';
import { commands } from '../src/cli/commands.ts';
import { exitCodes } from '../src/cli/exit-codes.ts';
import { code, escaped, madeFrom, table } from './markdown.ts';

/** What each exit code says, for those who write CI jobs. */
const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done',
  error: 'an error; the diagnostics say which',
  changes: 'there are changes (`plan --detailed-exitcode`) or drift',
  stale: 'the saved plan is stale',
  locked: 'somebody else holds the lease',
  different: '`verify` found a difference',
  decide: 'a person must decide: a loss',
  timeLimit: 'the time limit was reached; safe to run again',
  sigint: 'ended by SIGINT',
  sigterm: 'ended by SIGTERM',
};

/** The reference of the commands, from the definitions that parse them. */
export function generateCommandsPage(): string {
  const printed: string[] = [];
  const program = createProgram({ stdout: (text) => void printed.push(text), stderr: () => {} });
  for (const add of commands) add(program, () => {});
  const sections = program.commands.map((command) => {
    printed.length = 0;
    command.outputHelp();
    return sectionOf(command, printed.join(''));
  });
  const codes = Object.entries(exitMeanings).map(([name, meaning]) => [String(codeOf(name)), meaning]);
  return `${madeFrom('the definitions in src/cli/arguments')}
# Commands

${program.description()}

Every command takes these flags, before or after its name:

${optionsTable(program.options)}
${sections.join('\n')}
## Exit codes

${table(['Code', 'Meaning'], codes)}`;
}

function codeOf(name: string): number | undefined {
  return Object.entries(exitCodes).find(([one]) => one === name)?.[1];
}

function sectionOf(command: Command, help: string): string {
  const [, after = ''] = /\nExample:\n(?<lines>(?: {2}\$ .*\n)+)/u.exec(help) ?? [];
  const examples = after.replaceAll(/^ {2}\$ /gmu, '').trim();
  const formats = /^Formats: (?<list>.*)$/mu.exec(help)?.groups?.list;
  const lines = [
    `## ${command.name()}\n\n\`kplan ${command.name()} ${command.usage()}\`: ${escaped(command.description())}.\n`,
    command.registeredArguments.length === 0 ? '' : argumentsTable(command.registeredArguments),
    command.options.length === 0 ? '' : optionsTable(command.options),
    formats === undefined ? '' : `Formats: ${formats}\n`,
    examples === '' ? '' : `\`\`\`sh\n${examples}\n\`\`\`\n`,
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function argumentsTable(given: readonly Argument[]): string {
  const rows = given.map((one) => [code(one.name()), one.required ? 'required' : 'optional', escaped(one.description)]);
  return table(['Argument', '', 'What it is'], rows);
}

function optionsTable(options: readonly Option[]): string {
  const rows = options
    .filter((option) => !option.hidden)
    .map((option) => [code(option.flags), defaultOf(option), escaped(option.description) + choicesOf(option)]);
  return table(['Flag', 'Default', 'What it does'], rows);
}

/** A flag without a value, and one of the form `--no-...`, is off unless it is given. */
function defaultOf(option: Option): string {
  if (option.mandatory) return '**required**';
  const isPlain = option.defaultValue === undefined || typeof option.defaultValue === 'boolean';
  return isPlain ? '' : code(option.defaultValueDescription ?? option.defaultValue);
}

function choicesOf({ argChoices }: Option): string {
  return argChoices === undefined ? '' : `: ${argChoices.map(code).join(', ')}`;
}
