import pMap from 'p-map';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import {
  type VerifiedRecord,
  verifiedKey,
  verifiedOwner,
  verifiedRecordVersion,
} from '../../src/state/verified-codec.ts';
import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import { type MirroredPartition, type MirroredPartitions, partitionKey } from '../groups/mirrored-partition.ts';
import type { ByKeyTopics } from '../groups/read-by-key.ts';
import { readMirroredPartitions } from '../groups/read-mirrored-partitions.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import { CorruptBatchError } from '../records/corrupt-batch.ts';
import { comparable } from './comparable.ts';
import { memoryBytesMax, partitionsAtOnceMax } from './limits.ts';
import { createMemory, type VerifyMemory } from './memory.ts';
import { openProgressBook, type ProgressBook, type VerifiedStore } from './progress-book.ts';
import { withRecentLeaders } from './recent-leaders.ts';
import { resumePoints } from './resume-points.ts';
import { type Scope, stretchesOf } from './scope.ts';
import { type ByKeyComparison, verifyByKey } from './verify-by-key.ts';
import { type PartitionComparison, type PartitionPart, verifyPartition } from './verify-partition.ts';

export interface VerifyFlowRequest {
  readonly flow: Pick<Flow, 'name' | 'topics'>;
  readonly source: LogReader;
  readonly target: LogReader;
  /** The flow's positions: where each partition's comparison ends. */
  readonly positions: readonly StoredPosition[];
  /** What translations need of topics whose records go by key; absent: there are none. */
  readonly byKey?: ByKeyTopics;
  /** Topics whose `cleanup.policy` holds `compact`. */
  readonly compacted: { readonly source: ReadonlySet<string>; readonly target: ReadonlySet<string> };
  /** Default all. On compacted topics a sample would not tell a cleaned record from a lost one: they are compared as a whole. */
  readonly scope?: Scope;
  /** Where it is kept what was verified; absent: nothing is kept, and nothing known of earlier runs. */
  readonly store?: VerifiedStore;
  /** Compares anew what was verified before. */
  readonly anew?: boolean;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly flow: string;
  readonly records: bigint;
  readonly partitionsDone: number;
  readonly partitions: number;
}

export interface FlowVerification {
  readonly flow: string;
  /** In the order of the flow's topics and partitions; those that could not be compared are in the diagnostics. */
  readonly partitions: readonly PartitionComparison[];
  /** Topics whose records go by key, each as a whole; absent: none. */
  readonly byKey?: readonly ByKeyComparison[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares the mirrored partitions of a flow. Throws a ClusterFault where a cluster cannot be read. */
export async function verifyFlow(request: VerifyFlowRequest): Promise<FlowVerification> {
  const { flow, source, target, positions, clock } = request;
  const mirrored = await readMirroredPartitions({ flow, source, target, positions, clock });
  const { wanted, diagnostics } = wantedPartitions(flow, mirrored);
  const progress = await openProgress(request, wanted);
  let failure: unknown;
  const compared = await compareAll(request, wanted, progress).finally(async () => {
    failure = await progress.book?.close();
  });
  const byKey = await compareAllByKey(request, wanted.length);
  return {
    flow: flow.name,
    partitions: compared.flatMap((one) => ('severity' in one ? [] : [one])),
    byKey: byKey.flatMap((one) => ('severity' in one ? [] : [one])),
    diagnostics: [
      ...diagnostics,
      ...[...compared, ...byKey].flatMap((one) => ('severity' in one ? [one] : [])),
      ...(failure === undefined ? [] : [notKept(flow.name, failure)]),
    ],
  };
}

function wantedPartitions(flow: VerifyFlowRequest['flow'], mirrored: MirroredPartitions) {
  const diagnostics: Diagnostic[] = [];
  const wanted: MirroredPartition[] = [];
  for (const { source: topic, sourcePartitions, byKey } of flow.topics) {
    if (byKey !== undefined) continue;
    const left: number[] = [];
    for (let partition = 0; partition < sourcePartitions; partition += 1) {
      const found = mirrored.get(partitionKey({ topic, partition }));
      if (found === undefined) left.push(partition);
      else wanted.push(found);
    }
    if (left.length > 0) diagnostics.push(notMirrored(flow.name, topic, left, sourcePartitions));
  }
  return { wanted, diagnostics };
}

/** What is known of earlier runs, and where this one writes down how far it has come. */
interface FlowProgress {
  readonly book?: ProgressBook;
  partOf(partition: MirroredPartition): PartitionPart;
}

/** Only what is compared from the beginning on stays verified. */
async function openProgress(request: VerifyFlowRequest, wanted: readonly MirroredPartition[]): Promise<FlowProgress> {
  const { store, scope = { kind: 'all' }, clock, flow } = request;
  if (scope.kind !== 'all') return scoped(request, scope, wanted);
  if (store === undefined) return { partOf: () => ({}) };
  const { records, unreadable } = await store.read(flow.name);
  const resume = request.anew === true ? new Map() : await resumePoints(request, wanted, records);
  const book = openProgressBook(store, unreadable, clock);
  const places = new Map(request.positions.map(({ record }) => [partitionKey(record.source), record]));
  return {
    book,
    partOf(partition) {
      const { source, target } = places.get(partitionKey(partition.source)) ?? {};
      const after: VerifiedRecord | undefined = resume.get(partitionKey(partition.source));
      if (source?.topicId === undefined || target?.topicId === undefined) return { after };
      const v = verifiedRecordVersion;
      const owner = {
        v,
        flow: flow.name,
        source: { ...source, topicId: source.topicId },
        target: { ...target, topicId: target.topicId },
      };
      return {
        after,
        onVerified: (verified) => book.note({ ...owner, ...verified, at: new Date(clock.nowMs()).toISOString() }),
        onDifferent: () => book.forget(verifiedKey(verifiedOwner(owner))),
      };
    },
  };
}

async function scoped(
  { source, compacted, clock }: VerifyFlowRequest,
  scope: Scope,
  wanted: readonly MirroredPartition[],
): Promise<FlowProgress> {
  const sources = wanted.map((one) => one.source);
  const since =
    scope.kind === 'since' ? await askOffsets(source, sources, { timestampMs: scope.timestampMs }, clock) : undefined;
  return {
    partOf(partition) {
      const mayBeCleaned = compacted.source.has(partition.source.topic) || compacted.target.has(partition.target.topic);
      if (scope.kind === 'sample' && mayBeCleaned) return {};
      const name = partitionName(partition.source);
      const found = since?.get(name) ?? -1n;
      const place = { name, input: partition.input, since: found < 0n ? partition.input.source.end : found };
      return { stretches: (range) => stretchesOf(scope, range, place) };
    },
  };
}

async function compareAll(
  request: VerifyFlowRequest,
  wanted: readonly MirroredPartition[],
  progress: FlowProgress,
): Promise<readonly (PartitionComparison | Diagnostic)[]> {
  const { flow, compacted, clock, onProgress } = request;
  const logs = {
    source: withRecentLeaders(request.source, clock),
    target: withRecentLeaders(request.target, clock),
  };
  const memory = createMemory(memoryBytesMax);
  let records = 0n;
  let partitionsDone = 0;
  const tell = () => onProgress?.({ flow: flow.name, records, partitionsDone, partitions: wanted.length });
  const all = await pMap(
    wanted,
    async (mirrored): Promise<readonly (PartitionComparison | Diagnostic)[]> => {
      const { source, target } = mirrored;
      const isCompacted = compacted.source.has(source.topic) || compacted.target.has(target.topic);
      const verified = progress.partOf(mirrored).after?.nextSource ?? 0n;
      const { partition, diagnostics } = await comparable({ ...logs, clock }, flow.name, mirrored, {
        isCompacted,
        verified,
      });
      const part = progress.partOf(partition);
      const onRecords = (count: number) => {
        records += BigInt(count);
        tell();
      };
      const outcome = await compareOrSay(
        { ...request, ...logs },
        { memory, onRecords },
        partition,
        // What was left out must be said again by the next run; and below what is left out nothing can be gone on from.
        diagnostics.length === 0 ? part : { ...part, onVerified: undefined, after: undefined },
      );
      if ('equal' in outcome && !outcome.equal) part.onDifferent?.();
      partitionsDone += 1;
      tell();
      return [outcome, ...diagnostics];
    },
    { concurrency: partitionsAtOnceMax },
  );
  return all.flat();
}

/** Each as a whole, whatever the scope: records of its partitions have no place alone. */
async function compareAllByKey(request: VerifyFlowRequest, partitions: number) {
  const memory = createMemory(memoryBytesMax);
  let records = 0n;
  const onRecords = (count: number) => {
    records += BigInt(count);
    request.onProgress?.({ flow: request.flow.name, records, partitionsDone: partitions, partitions });
  };
  const compared: (ByKeyComparison | Diagnostic)[] = [];
  for (const topic of request.flow.topics.filter((one) => one.byKey !== undefined)) {
    compared.push(await compareByKeyOrSay(request, memory, topic, onRecords));
  }
  return compared;
}

async function compareByKeyOrSay(
  { flow, source, target, compacted, byKey, clock, signal }: VerifyFlowRequest,
  memory: VerifyMemory,
  topic: Flow['topics'][number],
  onRecords: (records: number) => void,
): Promise<ByKeyComparison | Diagnostic> {
  const found = byKey?.get(topic.source);
  if (compacted.source.has(topic.source) || compacted.target.has(topic.target)) {
    return notComparedByKey(flow.name, topic.source);
  }
  if (found === undefined || topic.byKey === undefined) {
    const partitions = Array.from({ length: topic.sourcePartitions }, (_, partition) => partition);
    return notMirrored(flow.name, topic.source, partitions, topic.sourcePartitions);
  }
  try {
    return await verifyByKey({ source, target, clock, memory, signal, onRecords }, found, topic.byKey);
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    return notReadable(flow.name, `${topic.source} or ${topic.target}`, error);
  }
}

async function compareOrSay(
  { flow, source, target, compacted, clock, signal }: VerifyFlowRequest,
  { memory, onRecords }: { readonly memory: VerifyMemory; readonly onRecords: (records: number) => void },
  partition: MirroredPartition,
  part: PartitionPart,
): Promise<PartitionComparison | Diagnostic> {
  const cleaned = {
    source: compacted.source.has(partition.source.topic),
    target: compacted.target.has(partition.target.topic),
  };
  try {
    return await verifyPartition({ source, target, clock, memory, signal, onRecords }, partition, cleaned, part);
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    return notReadable(flow.name, `${partitionKey(partition.source)} or ${partitionKey(partition.target)}`, error);
  }
}

function notReadable(flow: string, names: string, { baseOffset, reason }: CorruptBatchError): Diagnostic {
  return diagnostic('KP6009', {
    address: flowAddress(flow),
    summary: `A record batch of ${names} at offset ${baseOffset} cannot be read: ${reason}.`,
    fix: 'Read that offset with another tool; a replica of the partition may hold the batch undamaged.',
  });
}

function notComparedByKey(flow: string, topic: string): Diagnostic {
  const summary = `${topic}: its records go by key, and a cleaner is at work: this version does not compare them.`;
  return diagnostic('KP6020', { address: flowAddress(flow), summary });
}

/** Partitions that a message names; of more, only how many they are is told. */
const partitionsNamedMax = 20;

function notMirrored(flow: string, topic: string, left: readonly number[], partitions: number): Diagnostic {
  const named = left.length < partitions && left.length <= partitionsNamedMax ? ` (${left.join(', ')})` : '';
  const some = `${left.length} of ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
  return diagnostic('KP6009', {
    address: flowAddress(flow),
    summary: `${topic}: ${some}${named} without a position: not mirrored yet, or the topic was made again.`,
  });
}

function notKept(flow: string, failure: unknown): Diagnostic {
  const why = failure instanceof ClusterFault ? failure.diagnostic.summary : String(failure);
  return diagnostic('KP6060', {
    address: flowAddress(flow),
    summary: `How far flow ${flow} is verified could not be kept; the next run compares it anew.`,
    detail: why,
  });
}
