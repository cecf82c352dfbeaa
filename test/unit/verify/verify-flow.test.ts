import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { verifyFlow } from '../../../runner/verify/verify-flow.ts';
import { countingClock, partitionLog, readerOf } from './partition-log.ts';

test('before anything was mirrored: a finding a topic, not one a partition', async () => {
  const empty = readerOf(partitionLog([]));
  const config = { inherit: 'effective', exclude: [], set: {} } as const;
  const sizes = { sourcePartitions: 6, partitions: 6, replicationFactor: 1, config };
  const topics = ['clicks', 'orders'].map((name) => ({ source: name, target: name, ...sizes }));
  const { partitions, diagnostics } = await verifyFlow({
    flow: { name: 'old-to-new', topics },
    source: empty,
    target: empty,
    positions: [],
    compacted: { source: new Set(), target: new Set() },
    clock: countingClock(),
  });
  assert.equal(partitions, []);
  assert.equal(
    diagnostics.map((one) => one.summary.split(':')[0]),
    ['clicks', 'orders'],
  );
  assert.match(diagnostics[0]?.summary ?? '', '6 of 6 partitions without a position');
});

test.run();
