import { systemClock } from '../../../runner/engines/native/clock.ts';
import { readPositions } from '../../../runner/engines/native/positions.ts';
import { type FlowVerification, type VerifyProgress, verifyFlow } from '../../../runner/verify/verify-flow.ts';
import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { shownSource } from '../../diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import { flowAddress } from '../../execution-plan/address.ts';
import type { Flow } from '../../migration/migration.ts';
import { positionsTopic } from '../../state/keys.ts';
import type { VerifyOptions } from '../arguments/verify.ts';
import { exitCodes } from '../exit-codes.ts';
import { clusterNamed, gatherPlan, type OpenClusters, withClusters } from '../gather.ts';
import type { LiveView } from '../gathered.ts';
import type { Io } from '../io.ts';
import { verifyDocument } from '../views/verify-document.ts';
import { verifyProgress } from '../views/verify-progress.ts';
import { renderVerification } from '../views/verify-text.ts';
import { type ReadOutcome, readOutcome } from './read-outcome.ts';

/**
 * `kplan verify FILE`: compares what was mirrored with its source, record by record, up to the positions as they stand
 * now. Changes nothing. 0 where all is equal, 5 where something differs, 1 where something could not be compared.
 */
export async function verify(options: VerifyOptions, io: Io): Promise<number> {
  const outcome = await readOutcome(io, () => verifyFlows(options.file, io));
  if (outcome.result === 'interrupted') return outcome.exitCode;
  const flows = outcome.result === 'read' ? outcome.value : [];
  const diagnostics = outcome.result === 'read' ? flows.flatMap(findings) : outcome.diagnostics;
  const complete = outcome.result === 'read' && diagnostics.every((one) => one.severity !== 'error');
  const document = verifyDocument(flows, diagnostics, complete);
  if (options.format === 'json') io.stdout(`${JSON.stringify(document, null, 2)}\n`);
  else {
    const text = outcome.result === 'refused' ? outcome.planFileText : undefined;
    const sourceText = text === undefined ? undefined : shownSource(text);
    for (const one of diagnostics) io.stderr(renderDiagnostic(one, { color: io.color, sourceText }));
    if (outcome.result === 'read') io.stdout(renderVerification(document, io.color));
  }
  if (document.partitions.some((one) => !one.equal)) return exitCodes.different;
  return document.equal ? exitCodes.done : exitCodes.error;
}

async function verifyFlows(file: string, io: Io): Promise<ReadOutcome<readonly FlowVerification[]>> {
  const gathered = await gatherPlan(file, io);
  if (gathered.result === 'refused') return gathered;
  const { plan, live } = gathered;
  const { migration, source } = plan;
  const progress = verifyProgress(io, systemClock.nowMs);
  const flows = await withClusters(migration, source.path, io, async (clusters) => {
    const found: FlowVerification[] = [];
    for (const flow of migration.flows) {
      found.push(await verifyOne(migration.name, flow, { clusters, live, io, onProgress: progress.show }));
    }
    return found;
  });
  progress.end();
  return { result: 'read', value: flows };
}

interface VerifyWorld {
  readonly clusters: OpenClusters;
  readonly live: LiveView;
  readonly io: Io;
  readonly onProgress: (progress: VerifyProgress) => void;
}

async function verifyOne(migration: string, flow: Flow, world: VerifyWorld): Promise<FlowVerification> {
  const source = clusterNamed(world.clusters, flow.source).log;
  const target = clusterNamed(world.clusters, flow.target).log;
  const { snapshots } = world.live;
  return verifyFlow({
    flow,
    source,
    target,
    positions: await readPositions(target, positionsTopic(migration), flow.name),
    compacted: {
      source: compactedTopics(snapshots.get(flow.source)),
      target: compactedTopics(snapshots.get(flow.target)),
    },
    clock: systemClock,
    signal: world.io.signal,
    onProgress: world.onProgress,
  });
}

function compactedTopics(snapshot: ClusterSnapshot | undefined): ReadonlySet<string> {
  const topics = [...(snapshot?.topics.values() ?? [])];
  const policyOf = (topic: (typeof topics)[number]) => topic.settings?.get('cleanup.policy')?.value ?? '';
  return new Set(topics.filter((one) => policyOf(one).split(',').includes('compact')).map((one) => one.name));
}

/** Differences and unproven cleaning as diagnostics, a flow each, besides those of the comparison itself. */
function findings({ flow, partitions, diagnostics }: FlowVerification): Diagnostic[] {
  const address = flowAddress(flow);
  const different = partitions.filter((one) => !one.equal);
  const unproven = partitions.reduce((all, one) => all + one.unproven, 0n);
  const found = [...diagnostics];
  if (different.length > 0) {
    const names = different.map((one) => `${one.partition.source.topic}:${one.partition.source.partition}`);
    const summary = `Source and target differ in ${different.length} of ${partitions.length} partitions of flow ${flow}.`;
    found.push(diagnostic('KP6001', { address, summary, detail: `${names.slice(0, namesMax).join(', ')}.` }));
  }
  if (unproven > 0n) {
    const summary = `${unproven} records that cleaners seem to have taken in flow ${flow} were not looked for again.`;
    found.push(diagnostic('KP6011', { address, summary }));
  }
  return found;
}

const namesMax = 10;
