import { sharedValues } from '../../cluster/shared-values.ts';
import type { ClusterSnapshot, TopicSnapshot } from '../../cluster/snapshot.ts';
import type { ConfigRules, MirroredTopic } from '../../migration/migration.ts';
import { copiedSettings, type Settings, type TargetDefault } from './copied-settings.ts';
import { heldWhileMirrored } from './setting-rules.ts';
import { hasTopicSetting, sameSetting } from './setting-values.ts';

/** What is said about settings; `says` is the rest of a sentence that begins with the topic's name. */
export interface SettingRemark {
  readonly code: 'KP2110' | 'KP2111' | 'KP2112' | 'KP2113';
  readonly says: string;
}

export interface MirroredSettings {
  readonly config: Readonly<Record<string, string>>;
  /** What was asked for and waits for the cutover, by setting. */
  readonly heldBack: Readonly<Record<string, string>>;
  readonly remarks: readonly SettingRemark[];
}

/**
 * The settings that mirrored topics must have at the target, and what had to be left out or held back. Worked out once for
 * all topics with the same rules and the same settings on both sides: snapshots share these.
 */
export function settingsAtTarget(
  target: ClusterSnapshot,
): (topic: MirroredTopic, source: Settings) => MirroredSettings {
  const numbers = new Map<object | undefined, number>();
  const numberOf = (one: object | undefined) => {
    const number = numbers.get(one) ?? numbers.size;
    numbers.set(one, number);
    return number;
  };
  const shared = sharedValues<MirroredSettings>();
  return ({ config, target: name }, source) => {
    const live = target.topics.get(name);
    const key = [config, source, live?.settings].map(numberOf).join();
    return shared(key, () => mirroredSettings(config, source, target, live));
  };
}

function mirroredSettings(
  rules: ConfigRules,
  source: Settings,
  target: ClusterSnapshot,
  live: TopicSnapshot | undefined,
): MirroredSettings {
  const targetDefault = targetDefaultOf(target, live);
  const knows = (name: string) => targetKnows(target, live, name);
  const remarks: SettingRemark[] = [];
  const config: Record<string, string> = {};
  const heldBack: Record<string, string> = {};
  const version = target.kafkaVersion === undefined ? 'the target' : `Kafka ${target.kafkaVersion} of the target`;
  for (const [name, value] of copiedSettings(rules, source, targetDefault)) {
    if (knows(name)) config[name] = value;
    else remarks.push({ code: 'KP2110', says: `${name} is not copied, ${version} lacks it` });
  }
  for (const [name, value] of Object.entries(rules.set)) {
    if (knows(name)) config[name] = value;
    else remarks.push({ code: 'KP2111', says: `config.set has ${name}, which ${version} lacks` });
  }
  for (const [name, value] of Object.entries(heldWhileMirrored)) {
    const wanted = config[name] ?? wishOfSource(source, name);
    delete config[name];
    if (!knows(name)) {
      if (wanted !== undefined) remarks.push({ code: 'KP2110', says: `${name} is not copied, ${version} lacks it` });
      continue;
    }
    if (wanted !== undefined) heldBack[name] = wanted;
    const isDefault = sameSetting(name, targetDefault(name) ?? null, value);
    if (!isDefault || topicOwn(live?.settings, name) !== undefined) config[name] = value;
    if (wanted !== undefined && !sameSetting(name, wanted, value)) remarks.push(heldRemark(name, value, wanted));
  }
  const batchBytes = (settings: Settings | undefined) => settings?.get('max.message.bytes')?.value;
  const atTarget = config['max.message.bytes'] ?? batchBytes(live?.settings) ?? targetDefault('max.message.bytes');
  remarks.push(...batchSizeRemark(batchBytes(source), atTarget));
  return { config: sorted(config), heldBack, remarks };
}

function heldRemark(name: string, value: string, wanted: string): SettingRemark {
  const says =
    name === 'message.timestamp.type'
      ? 'its source has LogAppendTime; records arrive with CreateTime, the append time of each written out'
      : `${name} stays ${value} while mirrored, ${wanted} has to wait for the cutover`;
  return { code: 'KP2112', says };
}

/** Whoever gave the source LogAppendTime, broker or topic: its records are stamped at the source. */
function wishOfSource(source: Settings, name: string): string | undefined {
  if (name !== 'message.timestamp.type') return topicOwn(source, name);
  return source.get(name)?.value ?? undefined;
}

/** A batch as large as the source allows must fit at the target, or its partition stops there. */
function batchSizeRemark(atSource: string | null | undefined, atTarget: string | null | undefined): SettingRemark[] {
  if (!atSource || !atTarget || Number(atTarget) >= Number(atSource)) return [];
  return [{ code: 'KP2113', says: `max.message.bytes is ${atTarget} at the target and ${atSource} at the source` }];
}

function topicOwn(settings: Settings | undefined, name: string): string | undefined {
  const setting = settings?.get(name);
  return setting?.source === 'topic' ? (setting.value ?? undefined) : undefined;
}

/** For a topic that is there: what would hold without its own value. For a new one: what a topic without settings gets. */
export function targetDefaultOf(target: ClusterSnapshot, live: TopicSnapshot | undefined): TargetDefault {
  return (name) => {
    const setting = live?.settings?.get(name);
    if (setting === undefined) return target.newTopicSettings.get(name)?.value;
    if (setting.inherited !== undefined) return setting.inherited.value;
    return setting.source === 'topic' ? target.newTopicSettings.get(name)?.value : setting.value;
  };
}

/** What the brokers list they know; where they did not list anything, Kafka's own list for their version. */
export function targetKnows(target: ClusterSnapshot, live: TopicSnapshot | undefined, name: string): boolean {
  const listed = live?.settings ?? target.newTopicSettings;
  if (listed.size > 0) return listed.has(name) || target.newTopicSettings.has(name);
  return hasTopicSetting(name, target.kafkaVersion);
}

function sorted(config: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
}
