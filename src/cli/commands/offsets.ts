import { systemClock } from '../../../runner/engines/native/clock.ts';
import { readPositions } from '../../../runner/engines/native/positions.ts';
import { partitionKey } from '../../../runner/groups/mirrored-partition.ts';
import { readMirroredPartitions } from '../../../runner/groups/read-mirrored-partitions.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { shownSource } from '../../diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import type { Flow } from '../../migration/migration.ts';
import { translate } from '../../offset-map/translate.ts';
import { positionsTopic } from '../../state/keys.ts';
import type { OffsetsOptions } from '../arguments/offsets.ts';
import { exitCodes } from '../exit-codes.ts';
import { clusterNamed, gatherPlan, type OpenClusters, withClusters } from '../gather.ts';
import type { Io } from '../io.ts';
import { type OffsetAnswer, offsetsDocument } from '../views/offsets-document.ts';
import { renderOffsets } from '../views/offsets-text.ts';
import { type ReadOutcome, readOutcome } from './read-outcome.ts';

/** An offset of the source that is asked about. */
interface Asked {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * `kplan offsets FILE --group G | --topic T:P --at N`: where offsets of the source stand on the target, exactly or not at
 * all. Changes nothing. 0 where there is an answer, also where it is that an offset can't be translated; else 1.
 */
export async function offsets(options: OffsetsOptions, io: Io): Promise<number> {
  const outcome = await readOutcome(io, () => translateOffsets(options, io));
  if (outcome.result === 'interrupted') return outcome.exitCode;
  const answers = outcome.result === 'read' ? outcome.value : [];
  const refused = outcome.result === 'refused' ? outcome.diagnostics : [];
  const diagnostics = outcome.result === 'read' && answers.length === 0 ? [nothingFound(options)] : refused;
  const document = offsetsDocument(options.group, answers, diagnostics);
  if (options.format === 'json') io.stdout(`${JSON.stringify(document, null, 2)}\n`);
  else {
    const text = outcome.result === 'refused' ? outcome.planFileText : undefined;
    const sourceText = text === undefined ? undefined : shownSource(text);
    for (const one of diagnostics) io.stderr(renderDiagnostic(one, { color: io.color, sourceText }));
    io.stdout(renderOffsets(document));
  }
  return answers.length > 0 ? exitCodes.done : exitCodes.error;
}

async function translateOffsets(options: OffsetsOptions, io: Io): Promise<ReadOutcome<readonly OffsetAnswer[]>> {
  const gathered = await gatherPlan(options.file, io);
  if (gathered.result === 'refused') return gathered;
  const { migration, source } = gathered.plan;
  return withClusters(migration, source.path, io, async (clusters) => {
    const answers: OffsetAnswer[] = [];
    for (const flow of migration.flows) {
      const asked = await askedIn(flow, options, clusters);
      if (asked.length > 0) answers.push(...(await answersOf(flow, asked, migration.name, clusters)));
    }
    return { result: 'read', value: answers };
  });
}

/** What the options ask of one flow: nothing where it does not mirror the topic. */
async function askedIn(flow: Flow, options: OffsetsOptions, clusters: OpenClusters): Promise<readonly Asked[]> {
  const partitionsOf = new Map(flow.topics.map((one) => [one.source, one.sourcePartitions]));
  const isMirrored = (one: Asked) => one.partition < (partitionsOf.get(one.topic) ?? 0);
  if (options.group !== undefined) {
    const { groups } = clusterNamed(clusters, flow.source);
    const committed = (await groups.committedOffsets([options.group])).get(options.group) ?? [];
    return committed.filter((one) => partitionsOf.has(one.topic)).toSorted(byPartition);
  }
  const { topic, partition, at: offset } = options;
  if (topic === undefined || partition === undefined || offset === undefined) return [];
  return [{ topic, partition, offset }].filter(isMirrored);
}

async function answersOf(
  flow: Flow,
  asked: readonly Asked[],
  migration: string,
  clusters: OpenClusters,
): Promise<OffsetAnswer[]> {
  const source = clusterNamed(clusters, flow.source).log;
  const target = clusterNamed(clusters, flow.target).log;
  const positions = await readPositions(target, positionsTopic(migration), flow.name);
  const wanted = new Set(asked.map((one) => one.topic));
  const topics = flow.topics.filter((one) => wanted.has(one.source));
  const request = { flow: { topics }, source, target, positions, clock: systemClock };
  const mirrored = await readMirroredPartitions(request);
  return asked.map(({ topic, partition, offset }) => {
    const found = mirrored.get(partitionKey({ topic, partition }));
    return {
      flow: flow.name,
      source: { topic, partition, offset },
      target: found?.target,
      translation: found === undefined ? { result: 'unknown', why: 'not-yet' } : translate(found.input, offset),
    };
  });
}

function byPartition(left: Asked, right: Asked): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  return left.partition - right.partition;
}

function nothingFound({ group, topic, partition }: OffsetsOptions): Diagnostic {
  if (group === undefined) {
    return diagnostic('KP6010', { summary: `No flow of the plan file mirrors ${topic}:${partition}.` });
  }
  const summary = `Group ${group} has no committed offsets in a topic that the plan file mirrors.`;
  return diagnostic('KP6010', { summary, fix: 'Check the name: it is asked of the source of each flow.' });
}
