import type { CodeTable } from './code-definition.ts';

/** KP604x: what `offsets` is asked, and what it writes for other tools. */
export const offsetsCommandCodes = {
  KP6040: {
    title: 'A CSV of offsets that can not be read',
    severity: 'error',
    cause: 'A line of `kplan offsets --csv` is not topic,partition,offset, or there are none, or too many.',
    fix: 'Mend the line: a topic, a partition and an offset, with commas between them.',
  },
  KP6041: {
    title: 'A line of a place that no flow mirrors',
    severity: 'error',
    cause: 'A line of `kplan offsets --csv` names a topic or a partition that no flow of the plan file mirrors.',
    fix: 'Check the name and the partition on the side that is asked of: `kplan status` lists both.',
  },
  KP6042: {
    title: 'A line of a place that several flows mirror',
    severity: 'error',
    cause: 'The topic is mirrored by more than one flow, so that a line would have several answers.',
    fix: 'Name the flow with --flow.',
  },
  KP6043: {
    title: 'A flow that is not in the plan file',
    severity: 'error',
    cause: '--flow names a flow that the plan file does not have.',
    fix: 'Name one of its flows, or leave --flow out.',
  },
  KP6044: {
    title: 'Nobody approved a write',
    severity: 'error',
    cause:
      '`kplan offsets --write` shows what it would write and asks; here is no terminal to ask on, or the answer was no.',
    fix: 'Look at what would be written and add --auto-approve.',
  },
  KP6045: {
    title: 'Aliases of several flows',
    severity: 'error',
    cause: '--source-alias and --target-alias name the clusters of one flow, and the plan file has more.',
    fix: 'Name the flow with --flow.',
  },
  KP6046: {
    title: 'A topic of another tool changed meanwhile',
    severity: 'error',
    cause:
      'Between the look at the topic and the write somebody else wrote one of the same keys: MirrorMaker, or another kplan.',
    fix: "Stop MirrorMaker's checkpoint and source connectors, then run the command again.",
  },
  KP6047: {
    title: 'A topic of another tool that is not compacted',
    severity: 'error',
    cause: 'The topic that holds checkpoints or offset syncs deletes old records.',
    fix: 'Set cleanup.policy=compact on it, as MirrorMaker does.',
  },
  KP6048: {
    title: 'Written, and not yet to be read',
    severity: 'error',
    cause: 'The transaction was committed, but its marker did not come to the topic in time.',
    fix: 'Look at the brokers that lead the topic and __transaction_state, then run the command again: it says what is left.',
  },
  KP6049: {
    title: 'A group that is left out',
    severity: 'error',
    cause:
      'What the group has committed could not be read: a transaction that commits its offsets is not ended, its coordinator is away, or the user may not see the group. All others are answered, and written where that is asked for.',
    fix: 'Run the command again once the transaction has ended or the coordinator is back.',
  },
} as const satisfies CodeTable;
