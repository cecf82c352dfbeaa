import type { FollowPace } from './follow-context.ts';

export const followPace: FollowPace = {
  /** How often a flow looks for new topics, changed settings and what was handed over, and at its groups. */
  watchIntervalMs: 10_000,
  groupsIntervalMs: 10_000,
  /** How often, at most, it looks for open transactions at the source: those of less than a minute are no news. */
  transactionsIntervalMs: 30_000,
  /** Before a flow is followed again whose cluster did not answer for longer than its requests are repeated. */
  outagePauseMs: 15_000,
  /** How long the target keeps commits is no setting that changes without a restart of its brokers. */
  retentionAskedAgainMs: 3_600_000,
};
