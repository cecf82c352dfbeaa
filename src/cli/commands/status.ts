import { systemClock } from '../../../runner/engines/native/clock.ts';
import { readPositions } from '../../../runner/engines/native/positions.ts';
import { oldestWaitingMs, readFlowStatus } from '../../../runner/run/flow-status.ts';
import type { DiagnosticCode } from '../../diagnostics/codes.ts';
import { shownSource } from '../../diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import { positionsTopic } from '../../state/keys.ts';
import { emptyState } from '../../state/state-codec.ts';
import type { StatusOptions } from '../arguments/status.ts';
import { exitCodes } from '../exit-codes.ts';
import { clusterNamed, gatherPlan, withClusters } from '../gather.ts';
import type { Io } from '../io.ts';
import { type FlowFacts, type StatusDocument, statusDocument } from '../views/status-document.ts';
import { renderStatus } from '../views/status-text.ts';
import { type ReadOutcome, readOutcome } from './read-outcome.ts';

/** Transactions that hold a flow back, with producer id and age. */
const toldByStatus: ReadonlySet<string> = new Set<DiagnosticCode>(['KP2718']);

/** `kplan status FILE`: where every flow stands, and who is at work. Changes nothing. */
export async function status(options: StatusOptions, io: Io): Promise<number> {
  const outcome = await readOutcome(io, () => readStatus(options.file, io));
  if (outcome.result === 'interrupted') return outcome.exitCode;
  const diagnostics = outcome.result === 'refused' ? outcome.diagnostics : [];
  const document =
    outcome.result === 'read' ? outcome.value : statusDocument([], emptyState, systemClock.nowMs(), diagnostics);
  if (options.format === 'json') io.stdout(`${JSON.stringify(document, null, 2)}\n`);
  else {
    const planFileText = outcome.result === 'refused' ? outcome.planFileText : undefined;
    const sourceText = planFileText === undefined ? undefined : shownSource(planFileText);
    for (const one of document.diagnostics) io.stderr(renderDiagnostic(one, { color: io.color, sourceText }));
    if (outcome.result === 'read') io.stdout(renderStatus(document));
  }
  return outcome.result === 'read' ? exitCodes.done : exitCodes.error;
}

async function readStatus(file: string, io: Io): Promise<ReadOutcome<StatusDocument>> {
  const gathered = await gatherPlan(file, io);
  if (gathered.result === 'refused') return gathered;
  const { migration, source: planFile } = gathered.plan;
  return withClusters(migration, planFile.path, io, async (clusters) => {
    const facts: FlowFacts[] = [];
    for (const flow of migration.flows) {
      const source = clusterNamed(clusters, flow.source).log;
      const target = clusterNamed(clusters, flow.target).log;
      const positions = await readPositions(target, positionsTopic(migration.name), flow.name);
      const partitions = await readFlowStatus(flow, source, positions, systemClock);
      facts.push({
        name: flow.name,
        source: flow.source,
        partitions,
        byKey: new Set(flow.topics.filter((one) => one.byKey !== undefined).map((one) => one.source)),
        oldestWaitingMs: await oldestWaitingMs(source, partitions),
      });
    }
    const held = gathered.plan.diagnostics.filter((one) => toldByStatus.has(one.code));
    const value = statusDocument(facts, gathered.live.state, systemClock.nowMs(), held);
    return { result: 'read', value };
  });
}
