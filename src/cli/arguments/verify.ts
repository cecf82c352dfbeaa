import { InvalidArgumentError } from 'commander';
import { type AnyFormat, plainFormats } from '../io.ts';
import { type CommandArguments, example, formatsNote, type GlobalFlags } from './command-arguments.ts';
import { durationSeconds, wholeNumber } from './values.ts';

export const verifyFormats = [...plainFormats, 'markdown'] as const satisfies readonly AnyFormat[];
export type VerifyFormat = (typeof verifyFormats)[number];

/** How much is compared; times are relative until the command runs. */
export type WantedScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'sample'; readonly share: number; readonly seed?: number }
  | { readonly kind: 'since'; readonly timestampMs: number }
  | { readonly kind: 'tail'; readonly offsets: bigint }
  | { readonly kind: 'tail'; readonly seconds: number };

export interface VerifyOptions {
  readonly file: string;
  /** Compares anew what was verified before. */
  readonly full?: boolean;
  /** Default all. */
  readonly scope?: WantedScope;
  /** Only this flow. */
  readonly flow?: string;
  /** Only topics whose name at the source matches: a pattern as in the plan file. */
  readonly topics?: string;
  readonly format: VerifyFormat;
}

interface VerifyFlags extends GlobalFlags<VerifyFormat> {
  readonly full?: boolean;
  readonly sample?: number;
  readonly seed?: number;
  readonly since?: number;
  readonly tail?: bigint | number;
  readonly flow?: string;
  readonly topics?: string;
}

const seedMax = 2 ** 31;

export const verifyArguments: CommandArguments<VerifyOptions> = {
  name: 'verify',
  formats: verifyFormats,
  describe: (command) =>
    command
      .description('compare what arrived with the source, record by record')
      .argument('<file>', 'the plan file')
      .option('--full', 'compare anew what an earlier run found equal')
      .option('--sample <percent>', 'only a share of each partition, in stretches: 5%', share)
      .option(
        '--seed <number>',
        'with --sample: which stretches, as an earlier run printed it',
        wholeNumber(0, seedMax),
      )
      .option('--since <time>', 'only from this time on: 2026-11-01T00:00:00Z', time)
      .option('--tail <amount>', 'only the newest: 100000 (offsets of each partition), or 15m, 2h', tail)
      .option('--flow <name>', 'only this flow')
      .option('--topics <pattern>', 'only topics whose name at the source matches: orders*, or /orders\\..+/')
      .addHelpText('after', formatsNote(verifyFormats))
      .addHelpText(
        'after',
        example([
          'kplan verify plans/dc-to-msk.yaml',
          'kplan verify plans/dc-to-msk.yaml --sample 5%',
          'kplan verify plans/dc-to-msk.yaml --full --format markdown > report.md',
        ]),
      ),
  parse: (command) => {
    const flags = command.optsWithGlobals<VerifyFlags>();
    const { full = false, sample, seed, since, tail: newest, flow, topics, format } = flags;
    if ([sample, since, newest].filter((one) => one !== undefined).length > 1) {
      command.error('error: give one of --sample, --since and --tail');
    }
    if (seed !== undefined && sample === undefined) command.error('error: --seed chooses the stretches of --sample');
    return {
      file: command.args[0] ?? '',
      format,
      ...(full ? { full } : {}),
      ...(flow === undefined ? {} : { flow }),
      ...(topics === undefined ? {} : { topics }),
      scope: scopeOf(flags),
    };
  },
};

function scopeOf({ sample, seed, since, tail: newest }: VerifyFlags): WantedScope {
  if (sample !== undefined) return { kind: 'sample', share: sample, ...(seed === undefined ? {} : { seed }) };
  if (since !== undefined) return { kind: 'since', timestampMs: since };
  if (typeof newest === 'bigint') return { kind: 'tail', offsets: newest };
  return newest === undefined ? { kind: 'all' } : { kind: 'tail', seconds: newest };
}

function share(text: string): number {
  const { percent } = /^(?<percent>\d{1,3}(?:\.\d{1,6})?)%$/.exec(text)?.groups ?? {};
  const part = Number(percent) / 100;
  if (part > 0 && part <= 1) return part;
  throw new InvalidArgumentError('It must be a share above 0 % and up to 100 %, for instance 5%.');
}

/** RFC 3339, in milliseconds since 1970. */
function time(text: string): number {
  const timestampMs = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(timestampMs)) return timestampMs;
  throw new InvalidArgumentError('It must be a day or a time with its zone, for instance 2026-11-01T00:00:00Z.');
}

/** Offsets where it is a bare number, else seconds. */
function tail(text: string): bigint | number {
  if (/^[1-9]\d{0,17}$/.test(text)) return BigInt(text);
  return durationSeconds(text);
}
