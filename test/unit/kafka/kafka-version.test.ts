import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FeatureLevels } from '../../../runner/kafka/connection.ts';
import { kafkaVersion } from '../../../runner/kafka/kafka-version.ts';

function abilities(levels: FeatureLevels | undefined, fetchMax = 17) {
  return {
    versions: new Map([[1, { min: 0, max: fetchMax }]]),
    features: new Map(levels === undefined ? [] : [['metadata.version', levels]]),
  };
}

test('the release of a KRaft cluster is that of its metadata version', () => {
  assert.is(kafkaVersion(abilities({ finalized: 21, supportedMax: 21 })), '3.9');
  assert.is(kafkaVersion(abilities({ finalized: 27, supportedMax: 27 })), '4.1');
  assert.is(kafkaVersion(abilities({ finalized: 19, supportedMax: 19 })), '3.7');
  assert.is(kafkaVersion(abilities({ finalized: 25 })), '4.0');
});

test('an upgrade that is not finalized is a range', () => {
  assert.is(kafkaVersion(abilities({ finalized: 21, supportedMax: 27 })), '3.9-4.1');
});

test('a release that is newer than the table is not guessed', () => {
  assert.is(kafkaVersion(abilities({ finalized: 99, supportedMax: 99 })), undefined);
});

test('without the feature (ZooKeeper) the version of Fetch tells a range', () => {
  assert.is(kafkaVersion(abilities(undefined, 12)), '2.7-3.0');
  assert.is(kafkaVersion(abilities(undefined, 99)), undefined);
});

test.run();
