import { systemClock } from '../../../runner/engines/native/clock.ts';
import { unlistedGroups } from '../../../runner/groups/unlisted-groups.ts';
import type { AskedOffset } from '../../../runner/offsets/asked-offset.ts';
import { type CommittedByGroups, committedByGroups } from '../../../runner/offsets/committed-by-groups.ts';
import { livePartitions, offsetsAtTime, type SilentPlace } from '../../../runner/offsets/offsets-at-time.ts';
import { translateAsked } from '../../../runner/offsets/translate-asked.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Flow, Migration } from '../../migration/migration.ts';
import { linesByFlow } from '../../offsets/lines-by-flow.ts';
import { mirroredPlaces } from '../../offsets/mirrored-places.ts';
import type { Direction, OffsetsQuestion } from '../../offsets/question.ts';
import { clusterNamed, type OpenClusters } from '../gather.ts';
import type { OffsetAnswer } from '../views/offsets-document.ts';
import { leftOut, noSuchFlow, nothingFound, type SilentOffset, silentIn, unanswered } from './offsets-diagnostics.ts';

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
  const silent: SilentOffset[] = [];
  for (const flow of flows) {
    const found = await askedIn(flow, question, world);
    answers = [...answers, ...(await answersOf(flow, found.asked, world))];
    unread.push(...[...found.unread].map(([group, fault]) => leftOut(flow.name, group, fault)));
    silent.push(...found.silent.map((one) => ({ ...one, flow: flow.name })));
    if (question.by === 'all-groups') unread.push(...(await unlistedIn(flow, world)));
  }
  silent.push(...silentIn(answers));
  const isNothing = answers.length + unread.length + silent.length === 0;
  return { answers, diagnostics: isNothing ? [nothingFound(question, world)] : unanswered(silent), unread };
}

export type Asking = Exclude<OffsetsQuestion, { readonly by: 'lines' }>;

interface AskedIn extends CommittedByGroups {
  readonly silent: readonly SilentPlace[];
}

/** What is asked of one flow: nothing where it does not mirror the place. */
async function askedIn(flow: Flow, question: Asking, { clusters, direction }: OffsetsWorld): Promise<AskedIn> {
  const cluster = clusterNamed(clusters, direction === 'to-target' ? flow.source : flow.target);
  const partitionsOf = mirroredPlaces(flow, direction);
  if (question.by === 'group' || question.by === 'all-groups') {
    const groups = question.by === 'group' ? [question.group] : (flow.groupMembers ?? []);
    return { ...(await committedByGroups(cluster.groups, groups, partitionsOf)), silent: [] };
  }
  if (question.by === 'place') {
    const { topic, partition, offset } = question;
    const asked = partition < (partitionsOf.get(topic) ?? 0) ? [{ topic, partition, offset }] : [];
    return { asked, unread: new Map(), silent: [] };
  }
  const { topic, partition } = question;
  const asked = [...partitionsOf].filter(([name]) => topic === undefined || name === topic);
  const live = await livePartitions(cluster.log, new Map(asked));
  const wanted = live.filter((one) => partition === undefined || one.partition === partition);
  return { ...(await offsetsAtTime(cluster.log, wanted, question.timestampMs, systemClock)), unread: new Map() };
}

/** Those whom a flow brings along are listed at its source. */
async function unlistedIn(flow: Flow, { clusters }: OffsetsWorld): Promise<readonly Diagnostic[]> {
  const found = await unlistedGroups(flow.name, clusterNamed(clusters, flow.source).log);
  return found === null || found === 'refused' ? [] : [found];
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
  return { answers: inOrder, diagnostics: [...byFlow.diagnostics, ...unanswered(silentIn(inOrder))], unread: [] };
}
