import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import {
  type ByKeyTranslation,
  isProvenRewind,
  type Placeless,
  translateByKey,
} from '../../src/offset-map/translate-by-key.ts';
import type { OwnCommit } from '../../src/state/own-commits.ts';
import type { TopicPartition } from '../engines/native/ports.ts';
import type { CommittedOffset } from '../ports.ts';
import { type CommitDecision, type CommitRules, decideGone, decideTranslated, leftAsItIs } from './decide-commit.ts';
import type { ByKeyTopic } from './read-by-key.ts';
import { rereadGroup, type Untranslated, withoutPlaceByKey } from './sync-diagnostics.ts';

/** What one group has committed in a topic whose records go by key, on both sides. */
export interface ByKeyCommits {
  /** At the source. */
  readonly committed: readonly CommittedOffset[];
  /** Of a target partition. */
  readonly standing: (at: TopicPartition) => CommittedOffset | undefined;
  readonly own: (at: TopicPartition) => OwnCommit | undefined;
}

export interface ByKeyDecision {
  /** Of each target partition. */
  readonly decided: readonly { readonly target: TopicPartition; readonly decision: CommitDecision }[];
  readonly untranslated: readonly Untranslated[];
  /** At most so many. */
  readonly rereadRecords: bigint;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Decides about one group in one topic; pure. All of its offsets together become one in each target partition, or none. Where an
 * earlier sync brought it further than can be said now, since checkpoints grow sparse, it stays there; where a checkpoint
 * proves that it went back at the source, that is told.
 */
export function decideByKey(
  { source, target, input }: ByKeyTopic,
  commits: ByKeyCommits,
  rules: CommitRules,
  { address, group }: { readonly address: string; readonly group: string },
): ByKeyDecision {
  const { committed } = commits;
  const offsets = new Map(committed.map((one) => [one.partition, one.offset]));
  const answer = committed.length === 0 ? null : translateByKey(input, offsets);
  const decided = input.targets.map((_, partition) => {
    const at = { topic: target, partition };
    const one = { standing: commits.standing(at), own: commits.own(at) };
    const mayStay = !isProvenRewind(input, offsets, partition, one.standing?.offset ?? 0n);
    return { target: at, decision: decideOne(one, answer, { partition, mayStay }, rules) };
  });
  const nothing = { decided, untranslated: [], rereadRecords: 0n, diagnostics: [] };
  if (answer === null) return nothing;
  if (answer.result === 'none') {
    const untranslated = answer.placeless.map((one) => untranslatedOf(one, committed, source));
    return { ...nothing, untranslated, diagnostics: [withoutPlaceByKey(address, group, source)] };
  }
  const { rereadRecords } = answer;
  if (rereadRecords === 0n) return nothing;
  return { ...nothing, rereadRecords, diagnostics: [rereadGroup(address, group, source, rereadRecords)] };
}

function decideOne(
  one: { readonly standing: CommittedOffset | undefined; readonly own: OwnCommit | undefined },
  answer: ByKeyTranslation | null,
  { partition, mayStay }: { readonly partition: number; readonly mayStay: boolean },
  rules: CommitRules,
): CommitDecision {
  if (answer === null) return decideGone(one, rules);
  const stays: CommitDecision = { ...leftAsItIs(one, rules), what: 'stays' };
  if (answer.result === 'none') return stays;
  const decision = decideTranslated(one, { offset: answer.targets[partition] ?? 0n, metadata: null }, rules);
  return mayStay && answer.result === 'at-least-once' && decision.what === 'went-back' ? stays : decision;
}

function untranslatedOf(
  { partition, offset, result }: Placeless,
  committed: readonly CommittedOffset[],
  topic: string,
): Untranslated {
  const commit = committed.find((one) => one.partition === partition);
  return { topic, partition, offset, metadata: commit?.metadata ?? null, result };
}
