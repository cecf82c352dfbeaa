import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';
import { offset, topicPartition } from './values.ts';

/** Either `group`, or `topic`, `partition` and `at`. */
export interface OffsetsOptions {
  readonly file: string;
  readonly group?: string;
  /** The topic's name at the source. */
  readonly topic?: string;
  readonly partition?: number;
  /** The source offset to translate. */
  readonly at?: bigint;
  readonly format: OutputFormat;
}

interface OffsetsFlags extends GlobalFlags {
  readonly group?: string;
  readonly topic?: { readonly topic: string; readonly partition: number };
  readonly at?: bigint;
}

export const offsetsArguments: CommandArguments<OffsetsOptions> = {
  name: 'offsets',
  describe: (command) =>
    command
      .description('translate offsets of the source to the target')
      .argument('<file>', 'the plan file')
      .option('--group <group>', 'the committed offsets of this group')
      .option('--topic <topic:partition>', 'a partition, by the topic name at the source', topicPartition)
      .option('--at <offset>', 'the source offset, with --topic', offset)
      .addHelpText(
        'after',
        example([
          'kplan offsets plans/dc-to-msk.yaml --group billing',
          'kplan offsets plans/dc-to-msk.yaml --topic orders:3 --at 1200',
        ]),
      ),
  parse: (command) => {
    const { group, topic, at, format } = command.optsWithGlobals<OffsetsFlags>();
    const file = command.args[0] ?? '';
    if (group !== undefined && topic === undefined && at === undefined) return { file, group, format };
    if (group === undefined && topic !== undefined && at !== undefined) return { file, ...topic, at, format };
    return command.error('error: give either --group, or --topic with --at');
  },
};
