import { InvalidArgumentError } from 'commander';
import { isTimestamp } from '../../plan-file/checks/delivery.ts';

const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** A whole number from `min` to `max`. Throws commander's InvalidArgumentError. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** `90`, `90s`, `15m` or `2h`, in seconds. Throws commander's InvalidArgumentError. */
export function durationSeconds(text: string): number {
  const { amount, unit = 's' } = /^(?<amount>\d{1,9})(?<unit>[smh])?$/.exec(text)?.groups ?? {};
  const seconds = Number(amount) * (secondsPerUnit[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError('It must be a duration such as 90s, 15m or 2h.');
}

/** An offset of a partition: 64 bits. Throws commander's InvalidArgumentError. */
export function offset(text: string): bigint {
  if (/^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n) return BigInt(text);
  throw new InvalidArgumentError('It must be an offset: a whole number.');
}

/** `TOPIC` or `TOPIC:PARTITION`. Throws commander's InvalidArgumentError. */
export function topicPlace(text: string): { readonly topic: string; readonly partition?: number } {
  const { topic, partition } = /^(?<topic>[A-Za-z0-9._-]{1,249})(?::(?<partition>\d{1,9}))?$/.exec(text)?.groups ?? {};
  if (topic !== undefined) return { topic, ...(partition === undefined ? {} : { partition: Number(partition) }) };
  throw new InvalidArgumentError('It must be TOPIC:PARTITION, for instance orders:3.');
}

/** An RFC 3339 time or milliseconds since 1970, in those. Throws commander's InvalidArgumentError. */
export function timestampMs(text: string): bigint {
  if (/^\d{1,16}$/.test(text)) return BigInt(text);
  if (isTimestamp(text)) return BigInt(Date.parse(text));
  throw new InvalidArgumentError('It must be a time such as 2026-11-01T00:00:00Z, or milliseconds since 1970.');
}
