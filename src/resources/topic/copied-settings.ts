import type { Setting } from '../../cluster/snapshot.ts';
import type { ConfigRules } from '../../migration/migration.ts';
import { effectiveSettings, heldWhileMirrored, isNeverCopied } from './setting-rules.ts';
import { sameSetting } from './setting-values.ts';

export type Settings = ReadonlyMap<string, Setting>;

/** What the target would use for a setting that the topic does not set; undefined where the target does not know it. */
export type TargetDefault = (name: string) => string | null | undefined;

/**
 * The settings taken over from the source topic. `overrides`: what is set on the topic itself. `effective` and a list:
 * also values that the source's brokers give, where the target's would give others.
 */
export function copiedSettings(
  rules: ConfigRules,
  source: Settings,
  targetDefault: TargetDefault,
): Map<string, string> {
  const copied = new Map<string, string>();
  for (const [name, setting] of source) {
    if (setting.value === null || rules.exclude.includes(name) || name in rules.set) continue;
    if (isNeverCopied(name) || name in heldWhileMirrored) continue;
    if (isWanted(rules.inherit, name, setting, targetDefault)) copied.set(name, setting.value);
  }
  return copied;
}

function isWanted(inherit: ConfigRules['inherit'], name: string, setting: Setting, targetDefault: TargetDefault) {
  if (inherit === 'none') return false;
  const isOverride = setting.source === 'topic';
  if (inherit === 'overrides') return isOverride;
  const covered = inherit === 'effective' ? isOverride || effectiveSettings.has(name) : inherit.includes(name);
  return covered && (isOverride || !sameSetting(name, setting.value, targetDefault(name) ?? null));
}
