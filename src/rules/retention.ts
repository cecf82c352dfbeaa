import { deletes } from './cleanup-policy.ts';
import type { PlannedTopic, TopicRemark } from './rule.ts';

/** A pause of the mirror that is nothing unusual: a restart, a failed broker, a night without an apply is longer still. */
const sourceRetentionMinMs = 3_600_000;

const policy = 'cleanup.policy';
const limits = ['retention.ms', 'retention.bytes'] as const;

/** Records keep their timestamps: what is older than the target's retention is deleted soon after it arrives. */
export function retentionBelowSource(topic: PlannedTopic): TopicRemark | undefined {
  const { atSource, atTarget } = topic;
  if (!deletes(atSource(policy)) || !deletes(atTarget(policy))) return undefined;
  const shorter = limits.filter((name) => limitOf(atTarget(name)) < limitOf(atSource(name)));
  if (shorter.length === 0) return undefined;
  const each = shorter.map((name) => `${name} is ${atTarget(name)} at the target and ${atSource(name)} at the source`);
  const detail = each.join(', ');
  return { says: `${shorter.join(' and ')} at the target below that of the source`, detail };
}

/** A source that deletes within the hour loses records in every pause of the mirror. */
export function retentionTooShortToMirror({ atSource }: PlannedTopic): TopicRemark | undefined {
  const value = atSource('retention.ms');
  if (!deletes(atSource(policy)) || limitOf(value) >= sourceRetentionMinMs) return undefined;
  const says = 'its source deletes records within an hour, some may be gone before they are mirrored';
  return { says, detail: `retention.ms is ${value} at the source` };
}

/** -1 and what is not told are no limit. */
function limitOf(value: string | undefined): number {
  const limit = Number(value ?? -1);
  return limit < 0 || Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit;
}
