import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { topicAddress } from '../../src/execution-plan/address.ts';
import { changedRecords, type StandingRecords } from '../../src/mirrormaker2/changed-records.ts';
import type { InternalRecord } from '../../src/mirrormaker2/internal-records.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { StorePlace } from '../state/store.ts';
import { readCompacted } from './read-compacted.ts';

/** What is to be written to one of MirrorMaker's topics, decided before anything is asked or done. */
export interface InternalWrite {
  /** The cluster's name in the plan file. */
  readonly cluster: string;
  readonly topic: string;
  readonly kind: 'checkpoints' | 'offset-syncs';
  /** The topic is not there yet, and has records to hold. */
  readonly create: boolean;
  readonly records: readonly InternalRecord[];
  /** Records that stand there already. */
  readonly unchanged: number;
  /** What stood there when that was decided. */
  readonly standing: StandingRecords;
}

/** Compares what is wanted with what stands there. Changes nothing. */
export async function planInternalWrite(
  log: LogReader,
  place: Pick<InternalWrite, 'topic' | 'kind'>,
  wanted: readonly InternalRecord[],
  clock: Clock,
): Promise<InternalWrite> {
  const found = await readCompacted(log, place.topic, clock);
  const standing = found ?? new Map();
  const records = changedRecords(wanted, standing);
  const unchanged = wanted.length - records.length;
  return { ...place, cluster: log.cluster, create: found === null && records.length > 0, records, unchanged, standing };
}

/** Why nothing may be written to a topic that is there already; null where it may. */
export async function notCompacted(
  { name, reader }: Pick<StorePlace, 'name' | 'reader'>,
  { topic, create }: Pick<InternalWrite, 'topic' | 'create'>,
): Promise<Diagnostic | null> {
  if (create) return null;
  const policy = (await reader.describeTopicSettings([topic])).get(topic)?.get('cleanup.policy')?.value;
  if (policy === undefined || policy === null || policy.split(',').includes('compact')) return null;
  return diagnostic('KP6047', {
    address: topicAddress(name, topic),
    summary: `Topic ${topic} on cluster ${name} has cleanup.policy=${policy}: its records would be lost.`,
  });
}
