import { systemClock } from '../../../runner/engines/native/clock.ts';
import { unlistedGroups } from '../../../runner/groups/unlisted-groups.ts';
import type { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import type { AskedOffset } from '../../../runner/offsets/asked-offset.ts';
import { type CommittedByGroups, committedByGroups } from '../../../runner/offsets/committed-by-groups.ts';
import { livePartitions, offsetsAtTime } from '../../../runner/offsets/offsets-at-time.ts';
import { translateAsked } from '../../../runner/offsets/translate-asked.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { flowAddress, groupAddress } from '../../execution-plan/address.ts';
import type { Flow, Migration } from '../../migration/migration.ts';
import { linesByFlow } from '../../offsets/lines-by-flow.ts';
import { mirroredPlaces } from '../../offsets/mirrored-places.ts';
import type { Direction, OffsetsQuestion } from '../../offsets/question.ts';
import { clusterNamed, type OpenClusters } from '../gather.ts';
import type { OffsetAnswer } from '../views/offsets-document.ts';

export interface AnsweredQuestion {
  readonly answers: readonly OffsetAnswer[];
  readonly diagnostics: readonly Diagnostic[];
  /** Groups that are left out, since nobody knows what they committed, or that there are any. */
  readonly unread: readonly Diagnostic[];
}

export interface OffsetsWorld {
  readonly migration: Migration;
  readonly clusters: OpenClusters;
  readonly direction: Direction;
  /** The one flow that is asked. */
  readonly flow?: string;
}

/** Asks each flow for its part. Throws a ClusterFault. */
export async function answerQuestion(question: OffsetsQuestion, world: OffsetsWorld): Promise<AnsweredQuestion> {
  const { migration, flow: name } = world;
  const flows = migration.flows.filter((one) => name === undefined || one.name === name);
  if (flows.length === 0 && name !== undefined) {
    return { answers: [], diagnostics: [noSuchFlow(name, migration)], unread: [] };
  }
  if (question.by === 'lines') return answerLines(question, flows, world);
  let answers: readonly OffsetAnswer[] = [];
  const unread: Diagnostic[] = [];
  for (const flow of flows) {
    const found = await askedIn(flow, question, world);
    answers = [...answers, ...(await answersOf(flow, found.asked, world))];
    unread.push(...[...found.unread].map(([group, fault]) => leftOut(flow.name, group, fault)));
    if (question.by === 'all-groups') unread.push(...(await unlistedIn(flow, world)));
  }
  const isNothing = answers.length === 0 && unread.length === 0;
  return { answers, diagnostics: isNothing ? [nothingFound(question, world)] : unansweredIn(answers), unread };
}

type Asking = Exclude<OffsetsQuestion, { readonly by: 'lines' }>;

/** What is asked of one flow: nothing where it does not mirror the place. */
async function askedIn(
  flow: Flow,
  question: Asking,
  { clusters, direction }: OffsetsWorld,
): Promise<CommittedByGroups> {
  const cluster = clusterNamed(clusters, direction === 'to-target' ? flow.source : flow.target);
  const partitionsOf = mirroredPlaces(flow, direction);
  if (question.by === 'group') return committedByGroups(cluster.groups, [question.group], partitionsOf);
  if (question.by === 'all-groups') return committedByGroups(cluster.groups, flow.groupMembers ?? [], partitionsOf);
  if (question.by === 'place') {
    const { topic, partition, offset } = question;
    return allRead(partition < (partitionsOf.get(topic) ?? 0) ? [{ topic, partition, offset }] : []);
  }
  const { topic, partition } = question;
  const asked = [...partitionsOf].filter(([name]) => topic === undefined || name === topic);
  const live = await livePartitions(cluster.log, new Map(asked));
  const wanted = live.filter((one) => partition === undefined || one.partition === partition);
  return allRead(await offsetsAtTime(cluster.log, wanted, question.timestampMs, systemClock));
}

/** Those whom a flow brings along are listed at its source. */
async function unlistedIn(flow: Flow, { clusters }: OffsetsWorld): Promise<readonly Diagnostic[]> {
  const found = await unlistedGroups(flow.name, clusterNamed(clusters, flow.source).log);
  return found === null || found === 'refused' ? [] : [found];
}

function allRead(asked: readonly AskedOffset[]): CommittedByGroups {
  return { asked, unread: new Map() };
}

async function answersOf(
  flow: Flow,
  asked: readonly AskedOffset[],
  { migration, clusters, direction }: OffsetsWorld,
): Promise<OffsetAnswer[]> {
  const source = clusterNamed(clusters, flow.source).log;
  const target = clusterNamed(clusters, flow.target).log;
  const both = { migration: migration.name, flow, source, target, clock: systemClock };
  const answers = await translateAsked(both, asked, direction);
  return answers.map((one) => ({ ...one, flow: flow.name }));
}

/** A line is answered for each that was asked, in their order: a script puts both files side by side. */
async function answerLines(
  { lines, file }: Extract<OffsetsQuestion, { readonly by: 'lines' }>,
  flows: readonly Flow[],
  world: OffsetsWorld,
): Promise<AnsweredQuestion> {
  const byFlow = linesByFlow(lines, flows, { direction: world.direction, file });
  let answers: readonly OffsetAnswer[] = byFlow.left.map((asked) => {
    return { flow: '', asked, found: null, result: 'unknown', rereadRecords: 0n };
  });
  for (const flow of flows) {
    answers = [...answers, ...(await answersOf(flow, byFlow.lines.get(flow.name) ?? [], world))];
  }
  const inOrder = answers.toSorted((one, other) => (one.asked.line ?? 0) - (other.asked.line ?? 0));
  return { answers: inOrder, diagnostics: [...byFlow.diagnostics, ...unansweredIn(inOrder)], unread: [] };
}

function leftOut(flow: string, group: string, { diagnostic: cause }: ClusterFault): Diagnostic {
  const { summary, detail, fix } = cause;
  const what = `Group ${group} of flow ${flow} is left out: ${summary}`;
  return diagnostic('KP6049', { address: groupAddress(flow, group), summary: what, detail, fix });
}

/** One diagnostic for each fault, whatever it was asked for. */
function unansweredIn(answers: readonly OffsetAnswer[]): Diagnostic[] {
  const silent = answers.flatMap(({ fault, flow, asked }) => (fault === undefined ? [] : [{ fault, flow, asked }]));
  const byFault = Map.groupBy(silent, ({ fault, flow }) => `${flow} ${fault.diagnostic.summary}`);
  return [...byFault.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { flow, asked, fault } = first;
    const offsets = others.length === 0 ? '1 offset' : `${others.length + 1} offsets`;
    const summary = `Nothing can be said of ${asked.topic}:${asked.partition} of flow ${flow} for now: ${offsets} without an answer.`;
    return [diagnostic('KP6056', { address: flowAddress(flow), summary, detail: fault.diagnostic.summary })];
  });
}

function noSuchFlow(name: string, { flows }: Migration): Diagnostic {
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

function nothingFound(question: Asking, { direction, migration, flow: name }: OffsetsWorld): Diagnostic {
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
