import { createAPI, describeConfigsV4, type Reader } from '@platformatic/kafka';
import { sharedValues } from '../../src/cluster/shared-values.ts';
import type { Setting, SettingSource } from '../../src/cluster/snapshot.ts';
import {
  type AnswerBytes,
  answerBytes,
  readByte,
  readInt16,
  readText,
  readUnsignedVarint,
  skipped,
  skipTags,
  skipText,
} from './answer-bytes.ts';
import { errorName } from './error-table.ts';

/** What one resource answered. */
export interface DescribedConfigs {
  readonly name: string;
  readonly error: string | null;
  readonly message: string | null;
  readonly settings: ReadonlyMap<string, Setting>;
}

interface NamedSetting {
  /** Counted in the order in which settings are met first. */
  readonly number: number;
  readonly name: string;
  readonly setting: Setting;
}

type Share<Value> = (key: string, make: () => Value) => Value;

interface Shared {
  readonly setting: Share<NamedSetting>;
  readonly settings: Share<DescribedConfigs['settings']>;
  settingsMet: number;
}

/**
 * DescribeConfigs v4. Topics have the same few settings over and over: what has the same bytes is read once for all
 * answers of this API, and topics with the same settings share one map.
 */
export function describeConfigsApi() {
  const parse = describedConfigsParser();
  type Arguments = Parameters<typeof describeConfigsV4.createRequest>;
  return createAPI<Arguments, DescribedConfigs[]>(
    32,
    4,
    describeConfigsV4.createRequest,
    (_id, _key, _version, reader) => parse(reader),
  );
}

/** Shares among all answers that it reads. */
export function describedConfigsParser(): (reader: Reader) => DescribedConfigs[] {
  const shared: Shared = { setting: sharedValues(), settings: sharedValues(), settingsMet: 0 };
  return (reader) => parseAnswer(reader, shared);
}

/*
  DescribeConfigs Response (Version: 4) => throttle_time_ms [results] TAG_BUFFER
    results => error_code error_message resource_type resource_name [configs] TAG_BUFFER
      configs => name value read_only config_source is_sensitive [synonyms] config_type documentation TAG_BUFFER
        synonyms => name value source TAG_BUFFER
*/
function parseAnswer(reader: Reader, shared: Shared): DescribedConfigs[] {
  const answer = answerBytes(reader);
  const found: DescribedConfigs[] = [];
  skipped(answer, 4);
  for (let left = readUnsignedVarint(answer) - 1; left > 0; left -= 1) found.push(parseResource(answer, shared));
  skipTags(answer);
  if (answer.position !== answer.bytes.length) {
    throw new RangeError(`${answer.bytes.length - answer.position} bytes are left after the answer`);
  }
  return found;
}

function parseResource(answer: AnswerBytes, shared: Shared): DescribedConfigs {
  const error = errorName(readInt16(answer));
  const message = readText(answer);
  skipped(answer, 1);
  const name = readText(answer) ?? '';
  const own: NamedSetting[] = [];
  for (let left = readUnsignedVarint(answer) - 1; left > 0; left -= 1) {
    const start = answer.position;
    skipSetting(answer);
    const bytes = answer.bytes.toString('latin1', start, answer.position);
    own.push(shared.setting(bytes, () => parseSetting({ bytes: answer.bytes, position: start }, shared)));
  }
  skipTags(answer);
  const key = own.map(({ number }) => number).join();
  const settings = shared.settings(key, () => new Map(own.map((one) => [one.name, one.setting])));
  return { name, error, message, settings };
}

function skipSetting(answer: AnswerBytes): void {
  skipText(answer);
  skipText(answer);
  skipped(answer, 3);
  for (let left = readUnsignedVarint(answer) - 1; left > 0; left -= 1) {
    skipText(answer);
    skipText(answer);
    skipped(answer, 1);
    skipTags(answer);
  }
  skipped(answer, 1);
  skipText(answer);
  skipTags(answer);
}

function parseSetting(answer: AnswerBytes, shared: Shared): NamedSetting {
  const name = readText(answer) ?? '';
  const value = readText(answer);
  skipped(answer, 1);
  const source = sourceOf(readByte(answer));
  skipped(answer, 1);
  const synonyms: { readonly value: string | null; readonly source: SettingSource }[] = [];
  for (let left = readUnsignedVarint(answer) - 1; left > 0; left -= 1) {
    skipText(answer);
    synonyms.push({ value: readText(answer), source: sourceOf(readByte(answer)) });
    skipTags(answer);
  }
  const inherited = synonyms.find((one) => one.source !== 'topic');
  shared.settingsMet += 1;
  return {
    number: shared.settingsMet,
    name,
    setting: { value, source, ...(inherited === undefined ? {} : { inherited }) },
  };
}

/** DescribeConfigs' sources of a value (KIP-226, ConfigSource of the protocol). */
const sources: Readonly<Record<number, SettingSource>> = {
  1: 'topic',
  2: 'broker',
  3: 'cluster',
  4: 'static',
  5: 'default',
};

export function sourceOf(code: number): SettingSource {
  return sources[code] ?? 'unknown';
}
