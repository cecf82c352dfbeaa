import { diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import type { PositionRecord } from '../../../src/state/records.ts';
import { brokerFault } from '../../kafka/broker-fault.ts';
import { ClusterFault, FencedError } from '../../kafka/cluster-fault.ts';
import { partitionName } from './losses.ts';

/** Ends a session, not the flow: the next one begins from the positions. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
}

/** Source partitions are left out from now on, or taken in again: nothing failed. */
export class LeadersChanged extends SessionEnded {}

/** The commit stands; but its request was repeated, and would end the next transaction of its epoch if it came late. */
export class CommitRepeated extends SessionEnded {
  constructor() {
    super('A commit was sent twice: the next transaction needs a new epoch.');
  }
}

/** From now on batches are written in another codec: each is replaced once. */
export class CodecReplaced extends SessionEnded {}

/** What a later session may not meet: brokers restart, and a fence that did not end the flow came from a late request of our own. */
export function mayPass(error: unknown): boolean {
  if (error instanceof CommitRepeated || error instanceof CodecReplaced) return true;
  return error instanceof ClusterFault && (error.retriable || error instanceof FencedError);
}

/** What no new session can cure: another process at work, or a user who may not or whose credentials are wrong. */
export function endsFlow(error: unknown): boolean {
  if (error instanceof FencedError) return true;
  return error instanceof ClusterFault && endingCodes.has(error.diagnostic.code);
}

/** Credentials (KP3009), permissions (KP3010), versions (KP3014), a lost lease (KP4003), positions of a newer kplan (KP5013), leaders that were waited for (KP5027). */
const endingCodes: ReadonlySet<string> = new Set([
  'KP3002',
  'KP3003',
  'KP3009',
  'KP3010',
  'KP3014',
  'KP4003',
  'KP5013',
  'KP5027',
]);

/** A partition's error code in an answer, as a fault; a FencedError where the code says so. */
export function partitionFault(
  cluster: string,
  request: string,
  name: string,
  resource: string,
  message?: string,
): ClusterFault {
  return brokerFault({ cluster, request }, { errorName: name, resource, message });
}

/** After so many sessions without a commit between them (`failuresMax`, `failingMsMax`). */
export function gaveUp(cluster: string, flow: string, failures: number, cause: unknown): ClusterFault {
  const found = diagnostic('KP5014', {
    address: `flow/${encodeURIComponent(flow)}`,
    summary: `Flow ${flow} failed ${failures} times in a row without writing anything.`,
    detail: reasonOf(cause),
  });
  return new ClusterFault({ cluster, request: 'mirror', errorName: 'MIRROR_FAILED', retry: 'never' }, [found]);
}

/** All else is mirrored and committed. `names`: of the source partitions that were waited for until `failingMsMax`. */
export function leadersAway(cluster: string, flow: string, names: string): ClusterFault {
  const found = diagnostic('KP5027', {
    address: `flow/${encodeURIComponent(flow)}`,
    summary: `No leader on cluster ${cluster} answers for ${names}, which flow ${flow} waits for. All else is mirrored.`,
  });
  return new ClusterFault({ cluster, request: 'Fetch', errorName: 'LEADER_NOT_AVAILABLE', retry: 'never' }, [found]);
}

export function unreadablePosition(cluster: string, topic: string, key: string, detail: string): ClusterFault {
  const found = diagnostic('KP5013', {
    summary: `The record ${key} in topic ${topic} of cluster ${cluster} cannot be read: ${detail}.`,
  });
  return new ClusterFault({ cluster, request: 'read positions', errorName: 'POSITIONS_UNREADABLE', retry: 'never' }, [
    found,
  ]);
}

/** A piece of a map was superseded and cleaned away behind a reader's back: what it read has a hole, which would skip records. */
export function incompleteMap(
  cluster: string,
  topic: string,
  { flow, source }: Pick<PositionRecord, 'flow' | 'source'>,
  from: bigint,
): ClusterFault {
  const found = diagnostic('KP6030', {
    address: `flow/${encodeURIComponent(flow)}`,
    summary: `The offset map of ${partitionName(source)} in topic ${topic} of cluster ${cluster} was cleaned while it was read: what follows from source offset ${from} on is missing.`,
  });
  return new ClusterFault({ cluster, request: 'read positions', errorName: 'MAP_INCOMPLETE', retry: 'never' }, [found]);
}

/** Why a session ended. Of a flow that is still ours a fence tells no other process, but a coordinator that waited in vain. */
export function reasonOf(error: unknown): string {
  if (error instanceof FencedError) {
    return `Cluster "${error.cluster}" fenced the flow's producer, as it does where a transaction takes too long.`;
  }
  return error instanceof Error ? error.message : String(error);
}
