import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CommitOnBothSides, type CommitRules, decideCommit } from '../../../runner/groups/decide-commit.ts';
import type { CommittedOffset } from '../../../runner/ports.ts';
import { translate } from '../../../src/offset-map/translate.ts';
import { metadataMark } from '../../../src/state/own-commits.ts';
import { seedOfRun } from '../../simulation/random.ts';

/** Source records 3 to 12 and 16 to 19 are mirrored to 20 to 29 and 31 to 34; up to 20 of 24. */
const input = {
  segments: [
    { source: 3n, target: 20n, length: 10n },
    { source: 16n, target: 31n, length: 4n },
  ],
  startSource: 2n,
  nextSource: 20n,
  nextTarget: 36n,
  source: { start: 1n, end: 24n },
  target: { start: 0n, end: 36n },
};
const at = { topic: 'orders', partition: 0 };

const metadata = fc.constantFrom(null, '', 'a', 'b');
const commitBetween = (min: bigint, max: bigint): fc.Arbitrary<CommittedOffset> =>
  fc
    .record({ offset: fc.bigInt({ min, max }), metadata, leaderEpoch: fc.constantFrom(-1, 2) })
    .map((one) => ({ ...at, ...one }));
/** Often the very commit that stands. */
const commits: fc.Arbitrary<CommitOnBothSides> = fc
  .record({
    committed: fc.option(commitBetween(0n, 25n), { nil: undefined }),
    standing: fc.option(commitBetween(18n, 37n), { nil: undefined }),
    other: fc.option(commitBetween(18n, 37n), { nil: undefined }),
    isLast: fc.boolean(),
    /** Ours is the last commit, or the one before it. */
    ago: fc.constantFrom(0, 1),
    inTopic: fc.boolean(),
  })
  .map(({ committed, standing, other, isLast, ago, inTopic }) => {
    const last = isLast ? (standing ?? other) : other;
    const mark = last === undefined ? undefined : { offset: last.offset, mark: metadataMark(last.metadata) };
    const own = mark === undefined || ago === 0 ? mark : { offset: 30n, mark: 'c', before: mark };
    return { input, committed, standing, own, inTopic: inTopic || committed !== undefined };
  });
const rules: fc.Arbitrary<CommitRules> = fc.record({
  moment: fc.constantFrom('syncing', 'cutover'),
  uncommitted: fc.constantFrom('end-at-cutover', 'start', 'leave'),
  renew: fc.boolean(),
  hadMembers: fc.boolean(),
});

function holds(check: (one: CommitOnBothSides, rules: CommitRules) => void): void {
  fc.assert(
    fc.property(commits, rules, (one, some) => check(one, some)),
    { seed: seedOfRun(), numRuns: 3_000 },
  );
}

function isTheirs({ standing, own }: CommitOnBothSides): boolean {
  if (standing === undefined) return false;
  const same = [own, own?.before].some((one) => {
    return one?.offset === standing.offset && one.mark === metadataMark(standing.metadata);
  });
  return !same || (standing.leaderEpoch ?? -1) >= 0;
}

test('while syncing nothing moves back, and at a cutover only what is ours', () => {
  holds((one, some) => {
    const { write } = decideCommit(one, some);
    if (write === undefined || one.standing === undefined || write.offset >= one.standing.offset) return;
    assert.is(some.moment, 'cutover');
    assert.is(isTheirs(one), false);
  });
});

test('removed is only what is ours, where no member ever read and the source has no commit', () => {
  holds((one, some) => {
    if (decideCommit(one, some).what !== 'removed') return;
    assert.equal([one.committed, some.hadMembers, isTheirs(one)], [undefined, false, false]);
    assert.ok(one.standing);
  });
});

test('what is written is the exact translation, the beginning or end that was asked for, or what stands there already', () => {
  holds((one, some) => {
    const { write } = decideCommit(one, some);
    if (write === undefined || write.offset === one.standing?.offset) return;
    const places = one.committed === undefined ? [2n, 24n] : [one.committed.offset];
    const exact = places.map((place) => translate(input, place)).map((found) => 'target' in found && found.target);
    assert.ok(exact.includes(write.offset), `${write.offset}`);
    if (one.committed !== undefined) assert.is(write.metadata, one.committed.metadata);
  });
});

test('what is ours and stays is renewed when it is due', () => {
  holds((one, some) => {
    const { what, write } = decideCommit(one, { ...some, renew: true });
    if (one.standing === undefined || isTheirs(one) || what === 'removed' || what === 'theirs') return;
    assert.ok(write, what);
  });
});

test('what is not due and stands already is not written', () => {
  holds((one, some) => {
    const { write } = decideCommit(one, { ...some, renew: false });
    if (write === undefined) return;
    const same = write.offset === one.standing?.offset && (write.metadata ?? '') === (one.standing.metadata ?? '');
    assert.is(same, false);
  });
});

test('what is ours from then on is what was written, or was ours before', () => {
  holds((one, some) => {
    const { own, write } = decideCommit(one, some);
    if (own === undefined || own === one.own) return;
    if (one.standing !== undefined && !isTheirs(one) && own.offset === one.standing.offset) {
      assert.equal(own, { offset: one.standing.offset, mark: metadataMark((write ?? one.standing).metadata) });
      return;
    }
    assert.equal(own, { offset: write?.offset, mark: metadataMark(write?.metadata ?? null) });
  });
});

test.run();
