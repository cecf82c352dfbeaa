import { unlimited } from '../resources/topic/setting-rules.ts';
import type { PlannedTopic, TopicRemark } from './rule.ts';

type SettingOf = PlannedTopic['atTarget'];

const directions = [
  { name: 'message.timestamp.before.max.ms', says: 'behind' },
  { name: 'message.timestamp.after.max.ms', says: 'ahead of' },
] as const;

/** Up to Kafka 3.9 it holds for a direction that has no limit of its own (KIP-937). */
const bothDirections = 'message.timestamp.difference.max.ms';

const unlimitedMs = Number(unlimited);

/** delivery.timeout.ms of Kafka's producer: a record may have been tried for as long when it arrives. */
const limitMinMs = 120_000;

/** Kafka 4 takes no record more than an hour ahead, older versions take any: producers notice after the switch. */
export function timestampsLimitedAfterwards(topic: PlannedTopic): TopicRemark | undefined {
  const { atSource, afterCutover, isNewlyMirrored } = topic;
  if (!isNewlyMirrored) return undefined;
  const limited = directions.filter(({ name }) => limitMs(afterCutover, name) < unlimitedMs);
  if (limited.length === 0) return undefined;
  const isTold = [...directions.map(({ name }) => name), bothDirections].some((name) => atSource(name) !== undefined);
  const narrower = limited.filter(({ name }) => isTold && limitMs(afterCutover, name) < limitMs(atSource, name));
  if (narrower.length === 0) return undefined;
  const says = 'will refuse timestamps that its source takes, once it is no longer mirrored';
  return { says, detail: limitsSaid(narrower, afterCutover) };
}

/** Retries and clocks that differ a little are ordinary; a topic that leaves them no room refuses good records. */
export function timestampLimitsTooTight({ afterCutover }: PlannedTopic): TopicRemark | undefined {
  const tight = directions.filter(({ name }) => limitMs(afterCutover, name) < limitMinMs);
  if (tight.length === 0) return undefined;
  return { says: 'refuses records whose timestamps are two minutes off', detail: limitsSaid(tight, afterCutover) };
}

function limitsSaid(some: readonly (typeof directions)[number][], settingOf: SettingOf): string {
  const each = some.map(({ name, says }) => `${limitMs(settingOf, name)} ms ${says}`);
  return `a timestamp may be ${each.join(' and ')} the broker's clock`;
}

/** Brokers do not look at a timestamp that they write over; what nobody tells is no limit. */
function limitMs(settingOf: SettingOf, name: (typeof directions)[number]['name']): number {
  const own = millisecondsOf(settingOf(name));
  const limit = own < unlimitedMs ? own : millisecondsOf(settingOf(bothDirections));
  return limit < unlimitedMs && settingOf('message.timestamp.type') === 'LogAppendTime' ? unlimitedMs : limit;
}

function millisecondsOf(value: string | undefined): number {
  return value === undefined || value === unlimited ? unlimitedMs : Number(value);
}
