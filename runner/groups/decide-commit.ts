import { atLeast } from '../../src/offset-map/bounds.ts';
import { type Translation, type TranslationInput, translate } from '../../src/offset-map/translate.ts';
import { type CommitMark, isSameCommit, metadataMark, type OwnCommit } from '../../src/state/own-commits.ts';
import type { CommittedOffset } from '../ports.ts';

/** What one group has committed on one mirrored partition, on both sides. */
export interface CommitOnBothSides {
  readonly input: TranslationInput;
  readonly committed: CommittedOffset | undefined;
  readonly standing: CommittedOffset | undefined;
  /** What was committed for it by the flow's syncs last. */
  readonly own: OwnCommit | undefined;
  /** The group has commits at the source on this or another partition of the topic. */
  readonly inTopic: boolean;
}

export interface CommitRules {
  /** At a cutover the source wins over a commit of ours, and partitions without a commit get their end. */
  readonly moment: 'syncing' | 'cutover';
  readonly uncommitted: 'end-at-cutover' | 'start' | 'leave';
  /** What stands is due to be written again, so that it does not expire. */
  readonly renew: boolean;
  /** Members read on the target since the group was made there: what stands may be theirs, to the very offset. */
  readonly hadMembers: boolean;
}

export interface CommitDecision {
  /**
   * `ahead`, `went-back`: the target's commit is above the source's, and is another's, or ours; `theirs`: the source's is gone,
   * and the target's, which was ours, is somebody else's now. All of them stay. `waits`: a leader does not tell of the partition.
   */
  readonly what: 'moved' | 'stays' | 'ahead' | 'went-back' | 'removed' | 'theirs' | 'untranslated' | 'waits' | 'none';
  readonly write?: Pick<CommittedOffset, 'offset' | 'metadata'>;
  /** What is ours from then on; absent: nothing. */
  readonly own?: OwnCommit | undefined;
  /** Of `untranslated`. */
  readonly result?: Untranslatable;
}

export type Untranslatable = Exclude<Translation, { readonly result: 'translated' }>;

/** Decides about one commit; pure. No partition moves back while syncing, and none is removed that is not ours. */
export function decideCommit(one: CommitOnBothSides, rules: CommitRules): CommitDecision {
  const { committed } = one;
  if (committed === undefined) return decideUncommitted(one, rules);
  const answer = translate(one.input, committed.offset);
  if (answer.result !== 'translated') return untranslated(one, answer, rules);
  return decideTranslated(one, { offset: answer.target, metadata: committed.metadata }, rules);
}

function untranslated(one: CommitOnBothSides, result: Untranslatable, rules: CommitRules): CommitDecision {
  return { ...leftAsItIs(one, rules), what: 'untranslated', result };
}

/** Nothing moves and nothing is removed, and what is ours does not expire. */
export function leftAsItIs(one: CommitOnTarget, rules: CommitRules): Pick<CommitDecision, 'write' | 'own'> {
  return { ...renewedOwn(one, rules), own: oursOf(one) ?? one.own };
}

type Wanted = NonNullable<CommitDecision['write']>;
type CommitOnTarget = Pick<CommitOnBothSides, 'standing' | 'own'>;

/** Decides about a commit whose place on the target is known. */
export function decideTranslated(one: CommitOnTarget, wanted: Wanted, rules: CommitRules): CommitDecision {
  const { standing } = one;
  const ours = oursOf(one);
  const before = standing?.offset ?? -1n;
  const written: CommitDecision = { what: 'moved', write: wanted, own: ownOf(wanted) };
  if (before < wanted.offset) return written;
  if (before > wanted.offset) {
    if (ours === undefined) return { what: 'ahead' };
    if (rules.moment === 'cutover') return written;
    return { ...renewedOwn(one, rules), what: 'went-back', own: ours };
  }
  if ((standing?.metadata ?? '') !== (wanted.metadata ?? '')) return { ...written, what: 'stays' };
  return { what: 'stays', own: ours, ...(rules.renew ? { write: wanted } : {}) };
}

/** Where somebody else has committed on the target, nothing is done for a partition that has no commit at the source. */
function decideUncommitted(one: CommitOnBothSides, rules: CommitRules): CommitDecision {
  const { standing } = one;
  const place = placeOfUncommitted(one, rules);
  const isFree = standing === undefined || oursOf(one) !== undefined;
  if (place !== undefined && isFree) {
    if (place.result !== 'translated') return untranslated(one, place, rules);
    const decided = decideTranslated(one, { offset: place.target, metadata: standing?.metadata ?? null }, rules);
    if (decided.what !== 'went-back') return decided;
  }
  return decideGone(one, rules);
}

/** Decides about what stands on the target where the source has no commit. */
export function decideGone(one: CommitOnTarget, rules: Pick<CommitRules, 'hadMembers'>): CommitDecision {
  const { standing, own } = one;
  if (own === undefined || standing === undefined) return { what: 'none' };
  const ours = oursOf(one);
  if (ours === undefined || rules.hadMembers) return { what: 'theirs' };
  return { what: 'removed', own: ours };
}

/** Only in topics that the group reads. */
function placeOfUncommitted({ input, inTopic }: CommitOnBothSides, rules: CommitRules): Translation | undefined {
  if (!inTopic || !placesUncommitted(rules)) return undefined;
  const isStart = rules.uncommitted === 'start';
  return translate(input, isStart ? atLeast(input.source.start, input.startSource) : input.source.end);
}

/** Whether partitions without a commit get one. */
export function placesUncommitted({ uncommitted, moment }: Pick<CommitRules, 'uncommitted' | 'moment'>): boolean {
  return uncommitted === 'start' || (uncommitted === 'end-at-cutover' && moment === 'cutover');
}

/** A commit of ours that stays where it is must not expire either. */
export function renewedOwn(one: CommitOnTarget, { renew }: CommitRules): Pick<CommitDecision, 'write'> {
  const { standing } = one;
  if (!renew || standing === undefined || oursOf(one) === undefined) return {};
  return { write: { offset: standing.offset, metadata: standing.metadata } };
}

/**
 * The last commit on the target, where it is one that the flow's syncs made: same offset and metadata, and no leader epoch.
 * Of two that may be, it is known then which one stands.
 */
export function oursOf({ standing, own }: CommitOnTarget): CommitMark | undefined {
  if (standing === undefined || own === undefined || (standing.leaderEpoch ?? -1) >= 0) return undefined;
  const stands = ownOf(standing);
  return isSameCommit(stands, own) || isSameCommit(stands, own.before) ? stands : undefined;
}

function ownOf({ offset, metadata }: Wanted): CommitMark {
  return { offset, mark: metadataMark(metadata) };
}
