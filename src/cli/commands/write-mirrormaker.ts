import { systemClock } from '../../../runner/engines/native/clock.ts';
import { mirrorMakerTransactionalId } from '../../../runner/engines/native/options.ts';
import { type InternalWrite, notCompacted, planInternalWrite } from '../../../runner/mirrormaker2/internal-write.ts';
import { checkpointsOf, offsetSyncsOf } from '../../../runner/mirrormaker2/wanted-records.ts';
import { writeInternalRecords } from '../../../runner/mirrormaker2/write-internal-records.ts';
import { type Diagnostic, diagnostic, hasErrors } from '../../diagnostics/diagnostic.ts';
import type { Flow } from '../../migration/migration.ts';
import { checkpointsTopic, offsetSyncsTopic } from '../../mirrormaker2/internal-topics.ts';
import type { MirrorMakerWrite } from '../arguments/mirrormaker-write.ts';
import type { OffsetsFormat } from '../arguments/offsets.ts';
import { clusterNamed } from '../gather.ts';
import type { Io } from '../io.ts';
import type { OffsetAnswer, OffsetsDocument, ShownWrite } from '../views/offsets-document.ts';
import { renderOffsets } from '../views/offsets-text.ts';
import { renderWrites } from '../views/offsets-writes-text.ts';
import type { OffsetsWorld } from './answer-offsets.ts';

/** One topic's write, of one flow. */
interface FlowWrite extends InternalWrite {
  readonly flow: string;
}

export interface MirrorMakerRequest {
  readonly answers: readonly OffsetAnswer[];
  /** The answers as they are shown. */
  readonly document: OffsetsDocument;
  readonly write: MirrorMakerWrite;
  readonly format: OffsetsFormat;
}

/**
 * Shows what would be written, asks (a terminal; `--auto-approve` answers beforehand), and writes exactly that. Comes back
 * with the document that says what became of it. Throws a ClusterFault.
 */
export async function writeForMirrorMaker(
  { answers, document, write, format }: MirrorMakerRequest,
  world: OffsetsWorld,
  io: Io,
): Promise<OffsetsDocument> {
  const ambiguous = ambiguousAliases(write, world);
  if (ambiguous !== null) return { ...document, diagnostics: [...document.diagnostics, ambiguous] };
  const writes = await planWrites(answers, write, world);
  const shown = {
    ...document,
    writes: writes.map((one) => shownWrite(one, false)),
    diagnostics: [...document.diagnostics, ...notWritten(answers)],
  };
  if (format === 'text') io.stdout(renderOffsets(shown) + renderWrites(shown.writes));
  const refused = await Promise.all(writes.map((one) => notCompacted(clusterNamed(world.clusters, one.cluster), one)));
  const wrong = refused.filter((one) => one !== null);
  if (wrong.length > 0) return { ...shown, diagnostics: [...document.diagnostics, ...wrong] };
  if (writes.every((one) => one.records.length === 0)) return shown;
  const canAsk = io.interactive && format === 'text';
  const refusal = await notApproved(write, canAsk ? () => io.confirm('Write this?') : null);
  if (refusal !== null) return { ...shown, diagnostics: [...document.diagnostics, refusal] };
  const { written, diagnostics } = await carryOut(writes, world);
  const found = [...shown.diagnostics, ...diagnostics];
  return { ...shown, writes: writes.map((one) => shownWrite(one, written.has(one))), diagnostics: found };
}

/** A checkpoint of MirrorMaker's speaks of one partition on both sides. */
function notWritten(answers: readonly OffsetAnswer[]): readonly Diagnostic[] {
  const topics = new Set(answers.flatMap(({ byKey, asked }) => (byKey === undefined ? [] : [asked.topic])));
  return [...topics].map((topic) =>
    diagnostic('KP6023', { summary: `No checkpoints are written for ${topic}: its records go by key.` }),
  );
}

/** Aliases name two clusters: with several flows nobody knows which. */
function ambiguousAliases(write: MirrorMakerWrite, { migration, flow }: OffsetsWorld): Diagnostic | null {
  const named = write.sourceAlias ?? write.targetAlias;
  if (named === undefined || flow !== undefined || migration.flows.length < 2) return null;
  const summary = `The plan file has ${migration.flows.length} flows: alias ${named} could be a cluster of each.`;
  return diagnostic('KP6045', { summary });
}

/** What is to be written, flow by flow: checkpoints of the answers, and the newest syncs. Changes nothing. */
async function planWrites(
  answers: readonly OffsetAnswer[],
  write: MirrorMakerWrite,
  world: OffsetsWorld,
): Promise<readonly FlowWrite[]> {
  const flows = world.migration.flows.filter((one) => world.flow === undefined || one.name === world.flow);
  const writes: FlowWrite[] = [];
  for (const flow of flows) {
    const ofFlow = answers.filter((one) => one.flow === flow.name);
    for (const one of await writesOf(flow, ofFlow, write, world)) writes.push({ ...one, flow: flow.name });
  }
  return writes;
}

async function writesOf(
  flow: Flow,
  answers: readonly OffsetAnswer[],
  { sourceAlias = flow.source, targetAlias = flow.target, offsetSyncs }: MirrorMakerWrite,
  { migration, clusters }: OffsetsWorld,
): Promise<readonly InternalWrite[]> {
  const aliases = { source: sourceAlias, target: targetAlias };
  const source = clusterNamed(clusters, flow.source).log;
  const target = clusterNamed(clusters, flow.target).log;
  const checkpoints = { topic: checkpointsTopic(aliases), kind: 'checkpoints' } as const;
  const writes = [await planInternalWrite(target, checkpoints, checkpointsOf(answers), systemClock)];
  if (offsetSyncs === 'none') return writes;
  const syncs = await offsetSyncsOf({ migration: migration.name, flow, source, target, clock: systemClock });
  const place = { topic: offsetSyncsTopic(aliases, offsetSyncs), kind: 'offset-syncs' } as const;
  return [...writes, await planInternalWrite(offsetSyncs === 'source' ? source : target, place, syncs, systemClock)];
}

/** Why it is not written; null where it may be. `confirm` is null where nobody can be asked. */
async function notApproved(
  { autoApprove }: MirrorMakerWrite,
  confirm: (() => Promise<boolean>) | null,
): Promise<Diagnostic | null> {
  if (autoApprove) return null;
  if (confirm === null) return diagnostic('KP6044', { summary: 'Nobody approved what is to be written.' });
  if (await confirm()) return null;
  return diagnostic('KP6044', { summary: 'It was declined; nothing was written.', fix: '' });
}

/** One topic after the other, and no further one after an error. */
async function carryOut(writes: readonly FlowWrite[], world: OffsetsWorld) {
  const written = new Set<FlowWrite>();
  for (const write of writes.filter((one) => one.records.length > 0)) {
    const place = clusterNamed(world.clusters, write.cluster);
    const transactionalId = mirrorMakerTransactionalId(world.migration.name, write.flow);
    const diagnostics = await writeInternalRecords(place, write, { transactionalId, clock: systemClock });
    if (hasErrors(diagnostics)) return { written, diagnostics };
    written.add(write);
  }
  return { written, diagnostics: [] };
}

function shownWrite(
  { flow, cluster, topic, kind, create, records, unchanged }: FlowWrite,
  written: boolean,
): ShownWrite {
  return { flow, cluster, topic, kind, create, records: `${records.length}`, unchanged: `${unchanged}`, written };
}
