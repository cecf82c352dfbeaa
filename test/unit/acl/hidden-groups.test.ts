import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeldRights } from '../../../src/cluster/rights.ts';
import type { Flow } from '../../../src/migration/migration.ts';
import { mayHideGroups } from '../../../src/resources/group/hidden-groups.ts';

function flowWith(include: readonly string[] | undefined, source = 'dc'): Flow {
  return {
    ...{ source, groupMembers: ['billing'] },
    groups: include === undefined ? undefined : { include, exclude: [] },
  } as unknown as Flow;
}

const held = (operations: readonly string[]): HeldRights => new Map([['cluster kafka-cluster', operations]]);

test('groups may be hidden where more than those that are listed could match and the cluster may not be described, and nowhere else', () => {
  assert.is(mayHideGroups([flowWith(['bill*'])], 'dc', held([])), true);
  assert.is(mayHideGroups([flowWith(['a', '/b.+/'])], 'dc', held(['alter'])), true);
  assert.is(mayHideGroups([flowWith(['bill*'])], 'dc', held(['describe'])), false);
  assert.is(mayHideGroups([flowWith(['billing', 'gone'])], 'dc', held([])), true, 'one is not there');
  assert.is(mayHideGroups([flowWith(['billing'])], 'dc', held([])), false, 'all of them are there');
  assert.is(mayHideGroups([flowWith(undefined)], 'dc', held([])), false);
  assert.is(mayHideGroups([flowWith(['bill*'], 'other')], 'dc', held([])), false);
  assert.is(mayHideGroups([flowWith(['bill*'])], 'dc', new Map()), false, 'nobody told');
});

test.run();
