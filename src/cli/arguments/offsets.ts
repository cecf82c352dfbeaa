import type { Command } from 'commander';
import type { Direction } from '../../offsets/question.ts';
import { plainFormats } from '../io.ts';
import { type CommandArguments, example, formatsNote, type GlobalFlags } from './command-arguments.ts';
import {
  describeMirrorMakerWrite,
  type MirrorMakerWrite,
  type MirrorMakerWriteFlags,
  mirrorMakerWriteOf,
} from './mirrormaker-write.ts';
import { offset, timestampMs, topicPlace } from './values.ts';

export const offsetsFormats = [...plainFormats, 'csv'] as const;
export type OffsetsFormat = (typeof offsetsFormats)[number];

/** What is asked, as it is given: `csv` names a file that is still to be read, `-` is standard input. */
export type AskedFor =
  | { readonly by: 'group'; readonly group: string }
  | { readonly by: 'all-groups' }
  | { readonly by: 'place'; readonly topic: string; readonly partition: number; readonly offset: bigint }
  | { readonly by: 'csv'; readonly csv: string }
  | { readonly by: 'time'; readonly timestampMs: bigint; readonly topic?: string; readonly partition?: number };

export interface OffsetsOptions {
  readonly file: string;
  readonly asked: AskedFor;
  readonly direction: Direction;
  /** Absent: every flow of the plan file. */
  readonly flow?: string;
  /** Absent: nothing is written. */
  readonly write?: MirrorMakerWrite;
  readonly format: OffsetsFormat;
}

interface OffsetsFlags extends GlobalFlags<OffsetsFormat>, MirrorMakerWriteFlags {
  readonly group?: string;
  readonly allGroups?: boolean;
  readonly topic?: { readonly topic: string; readonly partition?: number };
  readonly at?: bigint;
  readonly timestamp?: bigint;
  readonly csv?: string;
  readonly back?: boolean;
  readonly flow?: string;
}

export const offsetsArguments: CommandArguments<OffsetsOptions> = {
  name: 'offsets',
  formats: offsetsFormats,
  describe: (command) =>
    describeMirrorMakerWrite(describeQuestion(command))
      .addHelpText('after', '\nAn offset is that of the record that is read next, as groups commit it.\n')
      .addHelpText('after', '\nExit code 0: there is an answer for all, also that an offset has no place.\n')
      .addHelpText('after', '\nA CSV is answered as CSV, by its lines, where no --format is given.\n')
      .addHelpText('after', formatsNote(offsetsFormats))
      .addHelpText(
        'after',
        example([
          'kplan offsets plans/dc-to-msk.yaml --group billing',
          'kplan offsets plans/dc-to-msk.yaml --topic orders:3 --at 1200',
          'kplan offsets plans/dc-to-msk.yaml --topic orders:3 --at 1170 --back',
          'kplan offsets plans/dc-to-msk.yaml --timestamp 2026-11-01T00:00:00Z',
          'kplan offsets plans/dc-to-msk.yaml --csv flink-offsets.csv > at-target.csv',
          'kplan offsets plans/dc-to-msk.yaml --write mirrormaker2',
        ]),
      ),
  parse: (command) => {
    const { back = false, flow, ...flags } = command.optsWithGlobals<OffsetsFlags>();
    const write = mirrorMakerWriteOf(flags, command);
    const takesAllGroups = write !== undefined && flags.group === undefined;
    const asked = askedFor(takesAllGroups ? { ...flags, allGroups: true } : flags, command);
    if (write !== undefined && (back || (asked.by !== 'group' && asked.by !== 'all-groups'))) {
      command.error("error: --write takes the groups' offsets: --group or --all-groups, and no --back");
    }
    const answersCsv = asked.by === 'csv' && command.getOptionValueSourceWithGlobals('format') === 'default';
    return {
      file: command.args[0] ?? '',
      asked,
      direction: back ? 'to-source' : 'to-target',
      ...(flow === undefined ? {} : { flow }),
      ...(write === undefined ? {} : { write }),
      format: answersCsv ? 'csv' : flags.format,
    };
  },
};

function describeQuestion(command: Command): Command {
  return command
    .description('translate offsets of the source to the target, or back; writes only what --write says')
    .argument('<file>', 'the plan file')
    .option('--group <group>', 'the committed offsets of this group')
    .option('--all-groups', "the committed offsets of every group that the flows' groups match")
    .option(
      '--topic <topic:partition>',
      'a partition, with --at; or what --timestamp is asked of: a topic too',
      topicPlace,
    )
    .option('--at <offset>', 'the offset to translate, with --topic', offset)
    .option(
      '--timestamp <time>',
      'the first offsets at or after a time: RFC 3339, or milliseconds since 1970',
      timestampMs,
    )
    .option('--csv <file>', 'many offsets, a line topic,partition,offset each; - is standard input')
    .option('--back', 'the other way: offsets of the target, and where they stand at the source')
    .option('--flow <name>', 'of this flow alone');
}

function askedFor({ group, allGroups, topic, at, timestamp, csv }: OffsetsFlags, command: Command): AskedFor {
  const ways = [group, allGroups, at, timestamp, csv].filter((one) => one !== undefined);
  const takesTopic = at !== undefined || timestamp !== undefined;
  if (ways.length === 1 && takesTopic === (topic !== undefined || timestamp !== undefined)) {
    if (group !== undefined) return { by: 'group', group };
    if (csv !== undefined) return { by: 'csv', csv };
    if (timestamp !== undefined) return { by: 'time', timestampMs: timestamp, ...topic };
    if (at === undefined) return { by: 'all-groups' };
    if (topic?.partition !== undefined)
      return { by: 'place', topic: topic.topic, partition: topic.partition, offset: at };
  }
  return command.error(
    'error: ask in one way: --group, --all-groups, --topic TOPIC:PARTITION with --at, --timestamp or --csv',
  );
}
