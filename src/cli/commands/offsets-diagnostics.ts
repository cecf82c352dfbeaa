import type { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import type { SilentPlace } from '../../../runner/offsets/offsets-at-time.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { flowAddress, groupAddress } from '../../execution-plan/address.ts';
import type { Migration } from '../../migration/migration.ts';
import { mirroredPlaces } from '../../offsets/mirrored-places.ts';
import type { OffsetAnswer } from '../views/offsets-document.ts';
import type { Asking, OffsetsWorld } from './answer-offsets.ts';

export function leftOut(flow: string, group: string, { diagnostic: cause }: ClusterFault): Diagnostic {
  const { summary, detail, fix } = cause;
  const what = `Group ${group} of flow ${flow} is left out: ${summary}`;
  return diagnostic('KP6049', { address: groupAddress(flow, group), summary: what, detail, fix });
}

export interface SilentOffset extends SilentPlace {
  readonly flow: string;
}

export function silentIn(answers: readonly OffsetAnswer[]): SilentOffset[] {
  return answers.flatMap(({ fault, flow, asked: { topic, partition } }) =>
    fault === undefined ? [] : [{ fault, flow, topic, partition }],
  );
}

/** Partitions that one diagnostic names; the rest are counted. */
const namedMax = 10;

/** One diagnostic for each flow and error, whatever was asked for. */
export function unanswered(silent: readonly SilentOffset[]): Diagnostic[] {
  const byError = Map.groupBy(silent, ({ fault, flow }) => `${flow} ${fault.cluster} ${fault.errorName}`);
  return [...byError.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const places = [...new Set(all.map(({ topic, partition }) => `${topic}:${partition}`))];
    const what = places.length === 1 ? `${places[0]}` : `${places.length} partitions`;
    const offsets = all.length === 1 ? '1 offset' : `${all.length} offsets`;
    const rest = places.length > namedMax ? ` and ${places.length - namedMax} more` : '';
    return diagnostic('KP6056', {
      address: flowAddress(first.flow),
      summary: `Nothing can be said of ${what} of flow ${first.flow} for now: ${offsets} without an answer.`,
      detail: `${places.slice(0, namedMax).join(', ')}${rest}.\n${first.fault.diagnostic.summary}`,
    });
  });
}

export function noSuchFlow(name: string, { flows }: Migration): Diagnostic {
  const names = flows.map((one) => one.name).join(', ');
  return diagnostic('KP6043', { summary: `The plan file has no flow ${name}.`, fix: `Its flows: ${names || 'none'}.` });
}

function nothingWords(question: Asking): string {
  if (question.by === 'group') {
    return `Group ${question.group} has no committed offsets in a topic that the plan file mirrors.`;
  }
  if (question.by === 'all-groups') {
    return 'No group that the flows bring along has committed offsets in a topic that they mirror.';
  }
  if (question.by === 'place') {
    return `No flow of the plan file mirrors ${question.topic}:${question.partition}.`;
  }
  const { topic, partition } = question;
  if (topic === undefined) return 'The flows mirror no topic that is there.';
  return `No flow mirrors ${partition === undefined ? topic : `${topic}:${partition}`}, or it is not there.`;
}

export function nothingFound(question: Asking, { direction, migration, flow: name }: OffsetsWorld): Diagnostic {
  const side = direction === 'to-target' ? 'source' : 'target';
  const topic = 'topic' in question ? question.topic : undefined;
  const places = migration.flows
    .filter((one) => name === undefined || one.name === name)
    .flatMap((flow) => {
      const count = mirroredPlaces(flow, direction).get(topic ?? '');
      return count === undefined ? [] : [`Flow ${flow.name} mirrors partitions 0 to ${count - 1} of ${topic}.`];
    });
  return diagnostic('KP6010', {
    summary: nothingWords(question),
    ...(places.length === 0 ? {} : { detail: places.join('\n') }),
    fix: `Names are those at the ${side}${direction === 'to-target' ? '; --back takes those at the target' : ''}.`,
  });
}
