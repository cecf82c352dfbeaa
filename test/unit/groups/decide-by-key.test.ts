import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decideByKey } from '../../../runner/groups/decide-by-key.ts';
import type { CommitRules } from '../../../runner/groups/decide-commit.ts';
import type { CommittedOffset } from '../../../runner/ports.ts';
import type { OwnCommit } from '../../../src/state/own-commits.ts';

/** One source partition into two of the target: a checkpoint at 10, all of it mirrored up to 20. */
const topic = {
  source: 'orders',
  target: 'copy',
  input: {
    cuts: [
      { sources: [{ recordsEnd: 0n, next: 0n }], targets: [0n, 0n] },
      { sources: [{ recordsEnd: 10n, next: 10n }], targets: [4n, 8n] },
      { sources: [{ recordsEnd: 20n, next: 21n }], targets: [9n, 14n] },
    ],
    sources: [{ start: 2n, end: 21n, startSource: 0n }],
    targets: [
      { start: 0n, end: 9n },
      { start: 0n, end: 14n },
    ],
  },
};

const rules: CommitRules = { moment: 'syncing', uncommitted: 'leave', renew: false, hadMembers: false };
const about = { address: 'group/f/g', group: 'g' };

interface OnTarget {
  readonly standing?: readonly (bigint | undefined)[];
  readonly own?: readonly (bigint | undefined)[];
}

function decide(offset: bigint | null, { standing = [], own = [] }: OnTarget = {}, more: Partial<CommitRules> = {}) {
  const committed = offset === null ? [] : [{ topic: 'orders', partition: 0, offset, metadata: 'mine' }];
  const at = (offsets: readonly (bigint | undefined)[], partition: number) => offsets[partition];
  const decided = decideByKey(
    topic,
    {
      committed,
      standing: ({ partition }): CommittedOffset | undefined => {
        const found = at(standing, partition);
        return found === undefined ? undefined : { topic: 'copy', partition, offset: found, metadata: null };
      },
      own: ({ partition }): OwnCommit | undefined => {
        const found = at(own, partition);
        return found === undefined ? undefined : { offset: found, mark: '' };
      },
    },
    { ...rules, ...more },
    about,
  );
  return {
    what: decided.decided.map((one) => one.decision.what),
    writes: decided.decided.map((one) => one.decision.write?.offset ?? null),
    own: decided.decided.map((one) => one.decision.own?.offset ?? null),
    untranslated: decided.untranslated.map(({ partition, result }) => [partition, result.result]),
    codes: decided.diagnostics.map((one) => one.code),
  };
}

test('a group that has read all goes to the end of every partition of the target', () => {
  assert.equal(decide(20n), {
    what: ['moved', 'moved'],
    writes: [9n, 14n],
    own: [9n, 14n],
    untranslated: [],
    codes: [],
  });
});

test('one that stands between goes to the checkpoint before, and it is told', () => {
  const found = decide(15n);
  assert.equal([found.writes, found.codes], [[4n, 8n], ['KP6021']]);
});

test('what an earlier sync wrote further on stays, and is no step back', () => {
  const found = decide(15n, { standing: [6n, 8n], own: [6n, 8n] });
  assert.equal(
    [found.what, found.writes, found.own],
    [
      ['stays', 'stays'],
      [null, null],
      [6n, 8n],
    ],
  );
  const renewed = decide(15n, { standing: [6n, 8n], own: [6n, 8n] }, { renew: true });
  assert.equal(renewed.writes, [6n, 8n]);
});

test('what somebody else wrote further on stays, and what is ours of another partition moves', () => {
  const found = decide(20n, { standing: [11n, 8n], own: [undefined, 8n] });
  assert.equal(
    [found.what, found.writes],
    [
      ['ahead', 'moved'],
      [null, 14n],
    ],
  );
});

test('an offset without a place: nothing is written, and what stands stays ours', () => {
  const found = decide(1n, { standing: [4n, 8n], own: [4n, 8n] });
  assert.equal(found, {
    what: ['stays', 'stays'],
    writes: [null, null],
    own: [4n, 8n],
    untranslated: [[0, 'below-start']],
    codes: ['KP6022'],
  });
});

test('a group that is gone at the source: what is ours is removed, what is not stays', () => {
  assert.equal(decide(null, { standing: [4n, 9n], own: [4n, 8n] }).what, ['removed', 'theirs']);
});

test.run();
