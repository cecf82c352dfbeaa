import type { TopicSetting } from './topic-setting.ts';

const integerBits = { short: 16n, int: 32n, long: 64n } as const;

/** Why a Kafka version does not take a value, as the rest of a sentence ("must be ..."); `undefined` where it does. */
export function settingProblem(setting: TopicSetting, written: string): string | undefined {
  const value = written.trim();
  if (value === setting.also) return undefined;
  if (setting.oneOf !== undefined) return choiceProblem(setting, setting.oneOf, value);
  switch (setting.type) {
    case 'short':
    case 'int':
    case 'long':
      return integerProblem(setting, integerBits[setting.type], value);
    case 'double':
      return doubleProblem(setting, value);
    case 'boolean':
      return /^(?:true|false)$/iu.test(value) ? undefined : 'must be `true` or `false`';
    default:
      return undefined;
  }
}

function choiceProblem(setting: TopicSetting, choices: readonly string[], value: string): string | undefined {
  const parts = setting.type === 'list' ? value.split(',').map((part) => part.trim()) : [value];
  // Kafka takes a metadata version without its last part: "3.9" for "3.9-IV0".
  const taken = (part: string) => choices.some((choice) => choice === part || choice.replace(/-IV\d+$/u, '') === part);
  if (parts.every(taken)) return undefined;
  const some = choices.length > 12 ? [...choices.slice(0, 2), '...', ...choices.slice(-2)] : choices;
  const list = some.map((choice) => `\`${choice}\``).join(', ');
  return setting.type === 'list' ? `must be a comma-separated list of ${list}` : `must be one of ${list}`;
}

function integerProblem(setting: TopicSetting, bits: bigint, value: string): string | undefined {
  if (!/^[+-]?\d{1,20}$/u.test(value)) return 'must be a whole number';
  const number = BigInt(value.replace(/^\+/u, ''));
  const largest = 2n ** (bits - 1n) - 1n;
  if (setting.min !== undefined && number < BigInt(setting.min)) return `must be at least ${setting.min}${or(setting)}`;
  if (setting.max !== undefined && number > BigInt(setting.max)) return `must be at most ${setting.max}${or(setting)}`;
  if (number > largest) return `must be at most ${largest}`;
  return number < -largest - 1n ? `must be at least ${-largest - 1n}` : undefined;
}

function doubleProblem(setting: TopicSetting, value: string): string | undefined {
  const number = Number(value);
  if (value === '' || !Number.isFinite(number)) return 'must be a number';
  const { min, max } = setting;
  const inRange = (min === undefined || number >= Number(min)) && (max === undefined || number <= Number(max));
  return inRange ? undefined : `must be from ${min ?? '-infinity'} to ${max ?? 'infinity'}`;
}

function or(setting: TopicSetting): string {
  return setting.also === undefined ? '' : `, or ${setting.also}`;
}
