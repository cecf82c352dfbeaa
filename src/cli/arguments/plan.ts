import { InvalidArgumentError } from 'commander';
import { plainFormats } from '../io.ts';
import { type CommandArguments, example, formatsNote, type GlobalFlags } from './command-arguments.ts';

export const planFormats = [...plainFormats, 'markdown'] as const;
export type PlanFormat = (typeof planFormats)[number];

export interface PlanOptions {
  readonly file: string;
  /** Where the plan is saved. */
  readonly out?: string;
  /** Exit code 2 where there are changes. */
  readonly detailedExitcode: boolean;
  /** Narrows what is shown; never together with `out`. */
  readonly address?: string;
  readonly format: PlanFormat;
}

const kinds = ['topic', 'acl', 'quota', 'flow', 'group'];

function address(text: string): string {
  const [kind = ''] = text.split('/');
  if (kinds.includes(kind)) return text.endsWith('/') ? text.slice(0, -1) : text;
  throw new InvalidArgumentError(
    `An address begins with ${kinds.map((one) => `${one}/`).join(', ')} as plan shows it.`,
  );
}

interface PlanFlags extends GlobalFlags<PlanFormat> {
  readonly out?: string;
  readonly detailedExitcode?: boolean;
  readonly address?: string;
}

export const planArguments: CommandArguments<PlanOptions> = {
  name: 'plan',
  formats: planFormats,
  describe: (command) =>
    command
      .description('show what apply would change; changes nothing')
      .argument('<file>', 'the plan file')
      .option('--out <path>', 'save the plan, for apply to take exactly its steps')
      .option('--detailed-exitcode', 'exit with 2 where there are changes, 0 where there are none')
      .option('--address <address>', 'show only what this address covers, for instance topic/msk', address)
      .addHelpText('after', formatsNote(planFormats))
      .addHelpText(
        'after',
        example([
          'kplan plan plans/dc-to-msk.yaml --out today.kplan.json',
          'kplan plan plans/dc-to-msk.yaml --format markdown > comment.md',
        ]),
      ),
  parse: (command) => {
    const { out, detailedExitcode = false, address, format } = command.optsWithGlobals<PlanFlags>();
    if (out !== undefined && address !== undefined) {
      command.error('error: --address narrows what is shown, not what is saved: leave it out with --out');
    }
    return {
      file: command.args[0] ?? '',
      ...(out === undefined ? {} : { out }),
      detailedExitcode,
      ...(address === undefined ? {} : { address }),
      format,
    };
  },
};
