import {
  type VerifiedRecord,
  verifiedKey,
  verifiedOwner,
  verifiedRecordVersion,
} from '../../src/state/verified-codec.ts';
import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import { type MirroredPartition, partitionKey } from '../groups/mirrored-partition.ts';
import { openProgressBook, type ProgressBook } from './progress-book.ts';
import { resumePoints } from './resume-points.ts';
import { type Scope, stretchesOf } from './scope.ts';
import type { PartitionPart } from './verify-partition.ts';
import type { VerifyFlowRequest } from './verify-request.ts';

/** Which part of each partition is compared, and where it is written down how far that has come. */
export interface FlowProgress {
  readonly book?: ProgressBook;
  partOf(partition: MirroredPartition): PartitionPart;
}

/** What is known of earlier runs, or of the scope: only what is compared from the beginning on stays verified. */
export async function openProgress(
  request: VerifyFlowRequest,
  wanted: readonly MirroredPartition[],
): Promise<FlowProgress> {
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
