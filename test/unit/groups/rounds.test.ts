import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planRound, type RememberedGroup, renewAfterMs, signatureOf } from '../../../runner/groups/rounds.ts';

const known: RememberedGroup = { committed: 'a', settled: true, lookedAtMs: 100_000, renewedAtMs: 0 };
const at = (nowMs: number) => ({ nowMs, renewAfterMs: 600_000 });

test('a group that did not move and was done with is left alone', () => {
  assert.equal(planRound(at(110_000), known, 'a'), { look: false, renew: false });
});

test('a new one, one that moved, and one that waits for the mirror are looked at', () => {
  assert.equal(planRound(at(110_000), undefined, 'a'), { look: true, renew: true });
  assert.equal(planRound(at(110_000), known, 'b'), { look: true, renew: false });
  assert.equal(planRound(at(110_000), { ...known, settled: false }, 'a'), { look: true, renew: false });
});

test('each is looked at again after a minute, and renewed when it is due', () => {
  assert.equal(planRound(at(160_000), known, 'a'), { look: true, renew: false });
  assert.equal(planRound(at(600_000), { ...known, lookedAtMs: 599_000 }, 'a'), { look: true, renew: true });
});

test('commits are renewed three times within the retention; of a target that does not tell, every 8 hours', () => {
  assert.is(renewAfterMs(60_000), 20_000);
  assert.is(renewAfterMs(null), 8 * 3_600_000);
});

test('the signature knows offsets and metadata of the topics that count, in whatever order they come', () => {
  const topics = new Set(['orders']);
  const one = { topic: 'orders', partition: 0, offset: 5n, metadata: '' };
  const two = { ...one, partition: 1 };
  const signature = signatureOf([one, two], topics);
  assert.is(signatureOf([two, one, { ...one, topic: 'other' }], topics), signature);
  assert.is.not(signatureOf([one, { ...two, offset: 6n }], topics), signature);
  assert.is.not(signatureOf([one, { ...two, metadata: 'x' }], topics), signature);
  assert.is.not(signatureOf([one], topics), signature);
});

test.run();
