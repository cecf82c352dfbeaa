import { type Command, InvalidArgumentError, Option } from 'commander';
import { type OffsetSyncsLocation, offsetSyncsLocations } from '../../mirrormaker2/internal-topics.ts';

/** What is written for MirrorMaker's clients. */
export interface MirrorMakerWrite {
  readonly format: 'mirrormaker2';
  readonly autoApprove: boolean;
  /** Absent: the clusters' names in the plan file. */
  readonly sourceAlias?: string;
  readonly targetAlias?: string;
  readonly offsetSyncs: OffsetSyncsLocation;
}

export interface MirrorMakerWriteFlags {
  readonly write?: 'mirrormaker2';
  readonly autoApprove?: boolean;
  readonly sourceAlias?: string;
  readonly targetAlias?: string;
  readonly offsetSyncs?: OffsetSyncsLocation;
}

export function describeMirrorMakerWrite(command: Command): Command {
  const what = "write the groups' offsets as checkpoints that MirrorMaker's clients read, after asking";
  const where = 'with --write: the cluster that has mm2-offset-syncs (default: source)';
  return command
    .addOption(new Option('--write <format>', what).choices(['mirrormaker2']))
    .option('--auto-approve', 'with --write: do not ask')
    .option('--source-alias <alias>', "with --write: MirrorMaker's name of the source (default: its name here)", alias)
    .option('--target-alias <alias>', "with --write: MirrorMaker's name of the target (default: its name here)", alias)
    .addOption(new Option('--offset-syncs <location>', where).choices(offsetSyncsLocations));
}

/** Undefined without `--write`; then the other flags are an error. */
export function mirrorMakerWriteOf(flags: MirrorMakerWriteFlags, command: Command): MirrorMakerWrite | undefined {
  const { write, autoApprove, sourceAlias, targetAlias, offsetSyncs } = flags;
  if (write !== undefined) {
    return {
      format: write,
      autoApprove: autoApprove ?? false,
      ...(sourceAlias === undefined ? {} : { sourceAlias }),
      ...(targetAlias === undefined ? {} : { targetAlias }),
      offsetSyncs: offsetSyncs ?? 'source',
    };
  }
  const isAlone = [autoApprove, sourceAlias, targetAlias, offsetSyncs].some((one) => one !== undefined);
  return isAlone ? command.error('error: --auto-approve, the aliases and --offset-syncs go with --write') : undefined;
}

/** A part of a topic's name. */
function alias(text: string): string {
  if (/^[A-Za-z0-9._-]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'It must be a name that a topic can have: letters, digits, dots, dashes, underscores.',
  );
}
