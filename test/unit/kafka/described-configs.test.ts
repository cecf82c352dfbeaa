import { describeConfigsV4, Writer } from '@platformatic/kafka';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answerOf } from '../../../runner/kafka/connection.ts';
import { connectionFault } from '../../../runner/kafka/connection-fault.ts';
import { errorName } from '../../../runner/kafka/error-table.ts';
import { describedConfigsParser } from '../../../runner/kafka/raw-describe-configs.ts';
import { inPieces } from '../../fixtures/answers.ts';

interface Config {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: number }[];
}

interface Result {
  readonly errorCode: number;
  readonly message: string | null;
  readonly name: string;
  readonly configs: readonly Config[];
}

/** Few names and values, as on a cluster: the same settings are met again and again. */
const name = fc.constantFrom('retention.ms', 'cleanup.policy', 'größe');
const value = fc.option(fc.constantFrom('1', 'delete', '', 'ü€'.repeat(60)));
const source = fc.integer({ min: 0, max: 6 });
const config: fc.Arbitrary<Config> = fc.record({
  name,
  value,
  source,
  synonyms: fc.array(fc.record({ name, value, source }), { maxLength: 3 }),
});
const result: fc.Arbitrary<Result> = fc.record({
  errorCode: fc.constantFrom(0, 0, 0, 3, 29),
  message: fc.option(fc.string({ maxLength: 20 })),
  name: fc.string({ maxLength: 12 }),
  configs: fc.uniqueArray(config, { maxLength: 4, selector: (one) => one.name }),
});
const results = fc.array(result, { maxLength: 6 });

function answerOfBroker(all: readonly Result[]): Buffer {
  return Writer.create()
    .appendInt32(0)
    .appendArray([...all], (writer, one) => {
      writer.appendInt16(one.errorCode).appendString(one.message).appendInt8(2).appendString(one.name);
      writer.appendArray([...one.configs], (entry, each) => {
        entry.appendString(each.name).appendString(each.value).appendBoolean(false).appendInt8(each.source);
        entry.appendBoolean(false);
        entry.appendArray([...each.synonyms], (inner, synonym) => {
          inner.appendString(synonym.name).appendString(synonym.value).appendInt8(synonym.source);
        });
        entry.appendInt8(1).appendString(null);
      });
    })
    .appendTaggedFields().buffer;
}

/** What the library reads of the same bytes; it throws answers that hold errors. */
function readByLibrary(bytes: Buffer): describeConfigsV4.DescribeConfigsResponse {
  try {
    return describeConfigsV4.parseResponse(1, 32, 4, inPieces(bytes, bytes.length));
  } catch (error) {
    const answer = answerOf<describeConfigsV4.DescribeConfigsResponse>(error);
    if (answer === undefined) throw error;
    return answer;
  }
}

const sources = ['unknown', 'topic', 'broker', 'cluster', 'static', 'default'] as const;
const sourceOf = (code: number) => sources[code] ?? 'unknown';

function expectedOf({ results: all }: describeConfigsV4.DescribeConfigsResponse) {
  return all.map((one) => ({
    name: one.resourceName,
    error: errorName(one.errorCode),
    message: one.errorMessage ?? null,
    settings: new Map(
      one.configs.map((each) => {
        const inherited = each.synonyms.find((synonym) => sourceOf(synonym.source) !== 'topic');
        const setting = { value: each.value ?? null, source: sourceOf(each.configSource) };
        const found = inherited && { value: inherited.value ?? null, source: sourceOf(inherited.source) };
        return [each.name, found === undefined ? setting : { ...setting, inherited: found }];
      }),
    ),
  }));
}

test('settings are read as the library reads them, shared or not, in pieces of any size', () => {
  fc.assert(
    fc.property(fc.array(results, { maxLength: 3 }), fc.integer({ min: 1, max: 400 }), (answers, pieceBytes) => {
      const parse = describedConfigsParser();
      for (const answer of answers) {
        const bytes = answerOfBroker(answer);
        assert.equal(parse(inPieces(bytes, pieceBytes)), expectedOf(readByLibrary(bytes)));
      }
    }),
  );
});

test('topics with the same settings share one map, also of several answers', () => {
  const configs = [{ name: 'retention.ms', value: '1', source: 1, synonyms: [] }];
  const topic = (topicName: string, own: readonly Config[]) => ({
    errorCode: 0,
    message: null,
    name: topicName,
    configs: own,
  });
  const parse = describedConfigsParser();
  const [a, other] = parse(inPieces(answerOfBroker([topic('a', configs), topic('other', [])]), 100));
  const [b] = parse(inPieces(answerOfBroker([topic('b', configs)]), 100));
  assert.ok(a !== undefined && a.settings === b?.settings);
  assert.is(other?.settings.size, 0);
});

test('an answer that is cut, changed or too long ends in an error that becomes a fault', () => {
  const facts = {
    cluster: 'dc',
    request: 'DescribeConfigs',
    broker: 'b:1',
    tls: false,
    mechanism: undefined,
    unproven: false,
  };
  const damaged = fc
    .tuple(results, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.nat(500), fc.nat(3))
    .map(([answer, changes, length, more]) => {
      const bytes = Buffer.concat([answerOfBroker(answer).subarray(0, length), Buffer.alloc(more)]);
      for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(damaged, (bytes) => {
      try {
        describedConfigsParser()(inPieces(bytes, 64));
      } catch (error) {
        const fault = connectionFault(facts, error);
        assert.is(fault.diagnostic.code, 'KP3011', String(error));
      }
    }),
    { numRuns: 2_000 },
  );
  const tooLong = Buffer.concat([answerOfBroker([]), Buffer.alloc(1)]);
  assert.throws(() => describedConfigsParser()(inPieces(tooLong, 64)), /left after the answer/);
});

test.run();
