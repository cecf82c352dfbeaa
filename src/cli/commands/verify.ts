import { randomInt } from 'node:crypto';
import { systemClock } from '../../../runner/engines/native/clock.ts';
import { readStored } from '../../../runner/engines/native/positions.ts';
import { readByKeyTopics } from '../../../runner/groups/read-by-key.ts';
import { kafkaVerifiedStore } from '../../../runner/state/verified-store.ts';
import type { Scope } from '../../../runner/verify/scope.ts';
import { type FlowVerification, verifyFlow } from '../../../runner/verify/verify-flow.ts';
import type { VerifyProgress } from '../../../runner/verify/verify-request.ts';
import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { shownSource } from '../../diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import { flowAddress } from '../../execution-plan/address.ts';
import type { Flow } from '../../migration/migration.ts';
import { compilePattern } from '../../migration/patterns.ts';
import { positionsTopic } from '../../state/keys.ts';
import { kplanVersion } from '../../version.ts';
import type { VerifyOptions, WantedScope } from '../arguments/verify.ts';
import { exitCodes } from '../exit-codes.ts';
import { clusterNamed, gatherPlan, type OpenClusters, withClusters } from '../gather.ts';
import type { LiveView } from '../gathered.ts';
import type { Io } from '../io.ts';
import { type VerifyRun, verifyDocument } from '../views/verify-document.ts';
import { renderVerifyMarkdown } from '../views/verify-markdown.ts';
import { verifyProgress } from '../views/verify-progress.ts';
import { renderVerification } from '../views/verify-text.ts';
import { byKeyFindings } from './by-key-findings.ts';
import { type ReadOutcome, readOutcome } from './read-outcome.ts';

interface Verification {
  readonly flows: readonly FlowVerification[];
  readonly run: VerifyRun;
}

/**
 * `kplan verify FILE`: compares what was mirrored with its source, record by record, up to the positions as they stand
 * now. Changes nothing but what it keeps of its own progress. 0 where all is equal, 5 where something differs, 1 where
 * something could not be compared.
 */
export async function verify(options: VerifyOptions, io: Io): Promise<number> {
  const outcome = await readOutcome(io, () => verifyFlows(options, io));
  if (outcome.result === 'interrupted') return outcome.exitCode;
  const { flows, run } = outcome.result === 'read' ? outcome.value : { flows: [], run: undefined };
  const diagnostics = outcome.result === 'read' ? flows.flatMap(findings) : outcome.diagnostics;
  const complete = outcome.result === 'read' && diagnostics.every((one) => one.severity !== 'error');
  const document = verifyDocument(flows, diagnostics, complete, run);
  if (options.format === 'json') io.stdout(`${JSON.stringify(document, null, 2)}\n`);
  else {
    const text = outcome.result === 'refused' ? outcome.planFileText : undefined;
    const sourceText = text === undefined ? undefined : shownSource(text);
    for (const one of diagnostics) io.stderr(renderDiagnostic(one, { color: io.color, sourceText }));
    if (run !== undefined) {
      const completed = { ...document, run };
      io.stdout(
        options.format === 'markdown' ? renderVerifyMarkdown(completed) : renderVerification(completed, io.color),
      );
    }
  }
  if (document.partitions.some((one) => !one.equal)) return exitCodes.different;
  return document.equal ? exitCodes.done : exitCodes.error;
}

async function verifyFlows(options: VerifyOptions, io: Io): Promise<ReadOutcome<Verification>> {
  const startedAtMs = systemClock.nowMs();
  const gathered = await gatherPlan(options.file, io);
  if (gathered.result === 'refused') return gathered;
  const { plan, live, planFileText } = gathered;
  const { migration, source } = plan;
  const narrowed = narrow(migration.flows, options);
  if ('code' in narrowed) return { result: 'refused', diagnostics: [narrowed], planFileText };
  const scope = scopeNow(options.scope ?? { kind: 'all' }, startedAtMs);
  const progress = verifyProgress(io, systemClock.nowMs);
  const flows = await withClusters(migration, source.path, io, async (clusters) => {
    const world = { clusters, live, io, scope, anew: options.full === true, onProgress: progress.show };
    const found: FlowVerification[] = [];
    for (const flow of narrowed) found.push(await verifyOne(migration.name, flow, world));
    return found;
  });
  progress.end();
  const times = { startedAt: timeText(startedAtMs), endedAt: timeText(systemClock.nowMs()) };
  const run = { kplanVersion, migration: migration.name, ...times, scope: scopeDocument(scope) };
  return { result: 'read', value: { flows, run } };
}

/** The flows with the topics that are wanted, or why there are none. */
function narrow(flows: readonly Flow[], { flow: name, topics }: VerifyOptions): readonly Flow[] | Diagnostic {
  const pattern = topics === undefined ? undefined : compilePattern(topics);
  if (pattern !== undefined && 'error' in pattern) {
    return diagnostic('KP6061', { summary: `--topics ${topics} is no pattern: ${pattern.error}.` });
  }
  const wanted = flows
    .filter((flow) => name === undefined || flow.name === name)
    .map((flow) => ({ ...flow, topics: flow.topics.filter((one) => pattern?.matches(one.source) ?? true) }))
    .filter((flow) => flow.topics.length > 0 || pattern === undefined);
  if (wanted.length > 0 || (name === undefined && topics === undefined)) return wanted;
  const known = flows.map((flow) => flow.name).join(', ');
  return diagnostic('KP6061', {
    summary: 'No flow of the plan file mirrors what --flow and --topics name.',
    detail: `Flows: ${known}.`,
  });
}

function scopeNow(wanted: WantedScope, nowMs: number): Scope {
  if (wanted.kind === 'sample') return { ...wanted, seed: wanted.seed ?? randomInt(seedMax) };
  if (wanted.kind === 'since') return { kind: 'since', timestampMs: BigInt(wanted.timestampMs) };
  if (wanted.kind === 'all' || 'offsets' in wanted) return wanted;
  return { kind: 'since', timestampMs: BigInt(nowMs - wanted.seconds * 1000) };
}

/** What `--seed` takes. */
const seedMax = 2 ** 31;

function scopeDocument(scope: Scope): VerifyRun['scope'] {
  if (scope.kind === 'since') return { kind: 'since', timestamp: timeText(Number(scope.timestampMs)) };
  if (scope.kind === 'tail') return { kind: 'tail', offsets: `${scope.offsets}` };
  return scope;
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

interface VerifyWorld {
  readonly clusters: OpenClusters;
  readonly live: LiveView;
  readonly io: Io;
  readonly scope: Scope;
  readonly anew: boolean;
  readonly onProgress: (progress: VerifyProgress) => void;
}

async function verifyOne(migration: string, flow: Flow, world: VerifyWorld): Promise<FlowVerification> {
  const source = clusterNamed(world.clusters, flow.source).log;
  const target = clusterNamed(world.clusters, flow.target).log;
  const { scope, anew, onProgress } = world;
  const { snapshots } = world.live;
  const stored = await readStored(target, positionsTopic(migration), flow.name);
  return verifyFlow({
    flow,
    source,
    target,
    positions: stored.positions,
    byKey: await readByKeyTopics({ flow, source, target, stored, clock: systemClock }),
    compacted: {
      source: compactedTopics(snapshots.get(flow.source)),
      target: compactedTopics(snapshots.get(flow.target)),
    },
    scope,
    store: kafkaVerifiedStore(target, systemClock, migration),
    anew,
    clock: systemClock,
    signal: world.io.signal,
    onProgress,
  });
}
function compactedTopics(snapshot: ClusterSnapshot | undefined): ReadonlySet<string> {
  const topics = [...(snapshot?.topics.values() ?? [])];
  const policyOf = (topic: (typeof topics)[number]) => topic.settings?.get('cleanup.policy')?.value ?? '';
  return new Set(topics.filter((one) => policyOf(one).split(',').includes('compact')).map((one) => one.name));
}

/** Differences and unproven cleaning as diagnostics, a flow each, besides those of the comparison itself. */
function findings({ flow, partitions, byKey = [], diagnostics }: FlowVerification): Diagnostic[] {
  const address = flowAddress(flow);
  const different = partitions.filter((one) => !one.equal);
  const unproven = partitions.reduce((all, one) => all + one.unproven, 0n);
  const found = [...diagnostics, ...byKey.flatMap((one) => byKeyFindings(address, one))];
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
