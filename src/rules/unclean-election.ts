import type { PlannedTopic, TopicRemark } from './rule.ts';

const setting = 'unclean.leader.election.enable';

/** A target that may elect a leader that lacks records loses what was acknowledged to the mirror. */
export function uncleanElectionAtTarget({ atTarget }: PlannedTopic): TopicRemark | undefined {
  if (atTarget(setting)?.toLowerCase() !== 'true') return undefined;
  return { says: `${setting} is true, acknowledged records may be lost` };
}

/** A source log that ends before the position stops the flow. */
export function uncleanElectionAtSource({ atSource }: PlannedTopic): TopicRemark | undefined {
  if (atSource(setting)?.toLowerCase() !== 'true') return undefined;
  return { says: `its source has ${setting}=true, the flow stops where the log goes back` };
}
