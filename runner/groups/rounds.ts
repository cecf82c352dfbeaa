import { createHash } from 'node:crypto';
import type { OwnCommits } from '../../src/state/own-commits.ts';
import { electionWaitMs, settleMsMax } from '../engines/native/limits.ts';
import type { RetryPace } from '../kafka/error-table.ts';
import { type RetryLimits, retryLimits } from '../kafka/retry.ts';
import type { CommittedOffset } from '../ports.ts';

/** What one process that follows a flow knows from round to round. Changed by the rounds. */
export interface GroupMemory {
  /** Null: to be read. */
  own: Map<string, OwnCommits> | null;
  readonly groups: Map<string, RememberedGroup>;
  /** Groups that failed last, those first that were tried longest ago. */
  readonly failed: Set<string>;
  /** Whether all groups are listed can not be told: it is not asked again, for brokers log what they refuse. */
  isListingUnknown: boolean;
}

export interface RememberedGroup {
  /** `signatureOf` what it had committed at the source. */
  readonly committed: string;
  /** Nothing was left to be done until something changes. */
  readonly settled: boolean;
  readonly lookedAtMs: number;
  /** When all that stands on the target was written last. */
  readonly renewedAtMs: number;
}

export function groupMemory(): GroupMemory {
  return { own: null, groups: new Map(), failed: new Set(), isListingUnknown: false };
}

/** Of a target that nobody told about: Kafka's own default before 2.0 (a week since, KIP-186). */
const retentionAssumedMs = 86_400_000;
/** So that two rounds may fail. */
const renewalsWithinRetention = 3;

/** How old commits on the target may become before they are written again. */
export function renewAfterMs(offsetsRetentionMs: number | null): number {
  return Math.floor((offsetsRetentionMs ?? retentionAssumedMs) / renewalsWithinRetention);
}

/** A group that did not move at the source is looked at on the target so often: somebody may have been there. */
const lookAgainAfterMs = 60_000;

/** A transaction takes milliseconds to end; one that takes longer may hang. */
const transactionWaitMs = 3_000;

/**
 * How long a round waits, once on each side, for all of the groups that can not be read for now: as long as other requests are
 * repeated, but where another round follows no longer than for a transaction, since the other groups wait meanwhile.
 */
export function roundPatience(hasNext: boolean): RetryLimits {
  return hasNext ? { ...retryLimits.request, elapsedMaxMs: transactionWaitMs } : retryLimits.request;
}

/** Of that, how long it waits where it met these paces. */
export function patienceMs(hasNext: boolean, paces: readonly RetryPace[]): number {
  const { elapsedMaxMs } = roundPatience(hasNext);
  return paces.includes('later') ? elapsedMaxMs : Math.min(elapsedMaxMs, transactionWaitMs);
}

/** How long it waits for leaders of the partitions that the groups read, all of them together. */
export function leadersAwaitedMs(hasNext: boolean): number {
  return hasNext ? electionWaitMs : settleMsMax;
}

/** Which groups a round looks at on the target, and which commits are due to be renewed; pure. */
export function planRound(
  now: { readonly nowMs: number; readonly renewAfterMs: number },
  known: RememberedGroup | undefined,
  committed: string,
): { readonly look: boolean; readonly renew: boolean } {
  if (known === undefined) return { look: true, renew: true };
  const renew = now.nowMs - known.renewedAtMs >= now.renewAfterMs;
  const stale = now.nowMs - known.lookedAtMs >= lookAgainAfterMs;
  return { look: renew || stale || !known.settled || known.committed !== committed, renew };
}

/** Tells commits apart without keeping them: a digest of those in the flow's topics. */
export function signatureOf(committed: readonly CommittedOffset[], topics: ReadonlySet<string>): string {
  const texts = committed
    .filter((one) => topics.has(one.topic))
    .map(({ topic, partition, offset, metadata }) => JSON.stringify([topic, partition, String(offset), metadata]));
  return createHash('sha256').update(texts.sort().join('\n')).digest('base64');
}
