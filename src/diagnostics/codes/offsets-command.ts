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
} as const satisfies CodeTable;
