import { settingProblem } from '../../plan-file/setting-problem.ts';
import { topicSettings } from '../../plan-file/topic-settings.generated.ts';

/**
 * Whether two values of a setting mean the same to a broker: spellings of a number, case of a boolean, order of a list.
 * null: not set. A setting that Kafka's own list lacks (a vendor's) is compared as text.
 */
export function sameSetting(name: string, a: string | null, b: string | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  const type = Object.values(topicSettings[name] ?? {})[0]?.type;
  return canonical(type, a) === canonical(type, b);
}

function canonical(type: string | undefined, value: string): string {
  const text = value.trim();
  if (type === 'int' || type === 'long' || type === 'short') {
    return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')).toString() : text;
  }
  if (type === 'double') return text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text;
  if (type === 'boolean') return text.toLowerCase();
  if (type === 'list') {
    const parts = text.split(',').map((part) => part.trim());
    return parts.sort().join(',');
  }
  return type === undefined ? value : text;
}

/** Whether Kafka's own list has the setting for every version that `kafkaVersion` ("3.9", "4.0-4.1") stands for. */
export function hasTopicSetting(name: string, kafkaVersion: string | undefined): boolean {
  const versions = topicSettings[name] ?? {};
  return listsFor(kafkaVersion).every((list) => list in versions);
}

/** Why brokers of that version refuse the value, as the rest of a sentence; undefined where they take it. */
export function valueProblem(name: string, value: string, kafkaVersion: string | undefined): string | undefined {
  for (const list of listsFor(kafkaVersion)) {
    const setting = topicSettings[name]?.[list];
    const problem = setting === undefined ? undefined : settingProblem(setting, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The lists we have are of 3.9 and 4.1: what 4.0 changed holds for all of 4, the rest is nearer to 3.9. */
function listsFor(kafkaVersion: string | undefined): readonly ('3.9' | '4.1')[] {
  if (kafkaVersion === undefined) return ['3.9', '4.1'];
  const majors = kafkaVersion.split('-').map((version) => Number.parseInt(version, 10));
  return [...new Set(majors.map((major) => (major >= 4 ? '4.1' : '3.9')))];
}
