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
    if (setting.value === null || !isCovered(rules.inherit, name, setting)) continue;
    if (rules.exclude.includes(name) || name in rules.set || isNeverCopied(name) || name in heldWhileMirrored) continue;
    const isOverride = setting.source === 'topic';
    if (isOverride || !sameSetting(name, setting.value, targetDefault(name) ?? null)) copied.set(name, setting.value);
  }
  return copied;
}

function isCovered(inherit: ConfigRules['inherit'], name: string, { source }: Setting): boolean {
  if (inherit === 'none') return false;
  if (inherit === 'overrides') return source === 'topic';
  return inherit === 'effective' ? source === 'topic' || effectiveSettings.has(name) : inherit.includes(name);
}
