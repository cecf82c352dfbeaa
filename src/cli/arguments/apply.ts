import { InvalidArgumentError, Option } from 'commander';
import { parseAddress } from '../../execution-plan/address.ts';
import type { Acceptance } from '../../losses/accept.ts';
import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';
import { durationSeconds, wholeNumber } from './values.ts';

export interface ApplyOptions {
  /** A plan file, or a saved plan: known by its content. */
  readonly file: string;
  readonly autoApprove: boolean;
  /** Goes on mirroring until it is stopped. */
  readonly follow?: boolean;
  readonly only?: 'resources' | 'data';
  readonly maxDurationSeconds?: number;
  /** 5 to 300. */
  readonly leaseSeconds: number;
  readonly lockTimeoutSeconds: number;
  /** Losses after which the flows go on. */
  readonly accept?: readonly Acceptance[];
  readonly format: OutputFormat;
}

interface ApplyFlags extends GlobalFlags {
  readonly autoApprove?: boolean;
  readonly follow?: boolean;
  readonly only?: 'resources' | 'data';
  readonly maxDuration?: number;
  readonly leaseSeconds: number;
  readonly lockTimeout: number;
  readonly accept?: readonly Acceptance[];
}

const lockTimeoutSecondsMax = 86_400;

export const applyArguments: CommandArguments<ApplyOptions> = {
  name: 'apply',
  describe: (command) =>
    command
      .description('make the changes, mirror until caught up, bring the groups along')
      .argument('<file>', 'a saved plan (nothing is asked), or a plan file')
      .option('--auto-approve', 'with a plan file: do not ask')
      .option('--follow', 'go on mirroring until stopped (SIGINT or SIGTERM: exit code 0)')
      .addOption(new Option('--only <part>', 'only one part of the work').choices(['resources', 'data']))
      .option('--max-duration <time>', 'stop cleanly after so long (90s, 15m, 2h), exit code 7', durationSeconds)
      .option('--lease-seconds <seconds>', 'how long a killed apply blocks others, 5 to 300', wholeNumber(5, 300), 15)
      .option(
        '--lock-timeout <seconds>',
        'how long to wait for another apply',
        wholeNumber(0, lockTimeoutSecondsMax),
        0,
      )
      .option(
        '--accept <address=reason>',
        'go on after the losses of a flow (flow/NAME) or of a source topic (topic/CLUSTER/NAME); may be repeated',
        acceptance,
      )
      .addHelpText(
        'after',
        example([
          'kplan apply today.kplan.json',
          'kplan apply plans/dc-to-msk.yaml --auto-approve',
          "kplan apply plans/dc-to-msk.yaml --auto-approve --accept topic/dc/orders='PAY-17: old orders are not needed'",
        ]),
      ),
  parse: (command) => {
    const {
      autoApprove = false,
      follow = false,
      only,
      maxDuration,
      leaseSeconds,
      lockTimeout,
      accept,
      format,
    } = command.optsWithGlobals<ApplyFlags>();
    return {
      file: command.args[0] ?? '',
      autoApprove,
      ...(follow ? { follow } : {}),
      ...(only === undefined ? {} : { only }),
      ...(maxDuration === undefined ? {} : { maxDurationSeconds: maxDuration }),
      leaseSeconds,
      lockTimeoutSeconds: lockTimeout,
      ...(accept === undefined ? {} : { accept }),
      format,
    };
  },
};

/** Commander gives what came before, so that the option may be repeated. */
function acceptance(text: string, before: readonly Acceptance[] = []): readonly Acceptance[] {
  const at = text.indexOf('=');
  const [address, reason] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1).trim()];
  const kind = parseAddress(address)?.kind;
  if (kind !== 'flow' && kind !== 'topic') throw new InvalidArgumentError('It names no flow and no topic.');
  if (reason === '') throw new InvalidArgumentError('It gives no reason.');
  return [...before, { address, reason }];
}
