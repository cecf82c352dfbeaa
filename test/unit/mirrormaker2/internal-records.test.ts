import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { changedRecords, recordName } from '../../../src/mirrormaker2/changed-records.ts';
import { checkpointRecord, offsetSyncRecord } from '../../../src/mirrormaker2/internal-records.ts';
import { checkpointsTopic, offsetSyncsTopic } from '../../../src/mirrormaker2/internal-topics.ts';
import { newestSync } from '../../../src/mirrormaker2/newest-sync.ts';
import { translate } from '../../../src/offset-map/translate.ts';
import { mirroredLogs } from '../offset-map/mirrored-log.ts';

test('a checkpoint: lengths and numbers big-endian, a version before the value', () => {
  const { key, value } = checkpointRecord({
    group: 'gé',
    topic: 't',
    partition: 258,
    upstreamOffset: 1n,
    downstreamOffset: 2n ** 40n,
    metadata: 'm',
  });
  assert.is(key.toString('hex'), '000367c3a9' + '000174' + '00000102');
  assert.is(value.toString('hex'), '0000' + '0000000000000001' + '0000010000000000' + '00016d');
});

test('a sync: without a version', () => {
  const { key, value } = offsetSyncRecord({ topic: 'ab', partition: 3, upstreamOffset: 255n, downstreamOffset: 16n });
  assert.is(key.toString('hex'), '00026162' + '00000003');
  assert.is(value.toString('hex'), '00000000000000ff' + '0000000000000010');
});

test('the topics: checkpoints by the source, syncs by the other cluster', () => {
  const aliases = { source: 'dc', target: 'msk' };
  assert.is(checkpointsTopic(aliases), 'dc.checkpoints.internal');
  assert.is(offsetSyncsTopic(aliases, 'source'), 'mm2-offset-syncs.msk.internal');
  assert.is(offsetSyncsTopic(aliases, 'target'), 'mm2-offset-syncs.dc.internal');
});

test('only what is new or differs is written', () => {
  const record = (name: string, value: string) => ({ key: Buffer.from(name), value: Buffer.from(value) });
  const standing = new Map([
    [recordName(Buffer.from('same')), Buffer.from('1')],
    [recordName(Buffer.from('other')), Buffer.from('1')],
    [recordName(Buffer.from('deleted')), null],
  ]);
  const wanted = [record('same', '1'), record('other', '2'), record('deleted', '1'), record('new', '1')];
  assert.equal(changedRecords(wanted, standing), wanted.slice(1));
});

/** `OffsetSyncStore.translateDownstream` of MirrorMaker with one sync; null where it translates nothing. */
function mirrorMakers(sync: { readonly source: bigint; readonly target: bigint }, offset: bigint): bigint | null {
  if (offset < sync.source) return null;
  return offset === sync.source ? sync.target : sync.target + 1n;
}

test('by the newest sync MirrorMaker never skips a record, whatever is mirrored after it', () => {
  let compared = 0;
  const property = fc.property(mirroredLogs, fc.nat(), ({ input }, cut) => {
    const earlier = input.segments.slice(0, cut % (input.segments.length + 1));
    const sync = newestSync(earlier);
    if (sync === null) return assert.is(earlier.length, 0);
    assert.is(mirrorMakers(sync, sync.source), sync.target);
    for (let offset = sync.source; offset <= input.source.end; offset += 1n) {
      const exact = translate(input, offset);
      const theirs = mirrorMakers(sync, offset);
      if (exact.result !== 'translated' || theirs === null) continue;
      compared += 1;
      assert.ok(theirs <= exact.target, `${offset}: ${theirs} passes ${exact.target}`);
    }
  });
  fc.assert(property, { numRuns: 2000 });
  assert.ok(compared > 100, `${compared}`);
});

test('the position itself would be a sync by which MirrorMaker skips', () => {
  const segments = [
    { source: 99n, target: 49n, length: 1n },
    { source: 101n, target: 50n, length: 1n },
  ];
  const log = { start: 0n, end: 110n };
  const input = {
    segments,
    startSource: 0n,
    nextSource: 102n,
    nextTarget: 51n,
    source: log,
    target: { start: 0n, end: 51n },
  };
  assert.equal(translate(input, 101n), { result: 'translated', target: 50n });
  assert.is(mirrorMakers({ source: 100n, target: 50n }, 101n), 51n);
  assert.is(mirrorMakers(newestSync(segments.slice(0, 1)) ?? { source: 0n, target: 0n }, 101n), 50n);
});

test.run();
