import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import type { Cluster } from '../../../runner/kafka/open.ts';
import { readMirrored } from '../../../src/cli/read-mirrored.ts';
import type { Flow, PlanFile } from '../../../src/plan-file/plan-file.generated.ts';
import type { FlowRecord, StateSnapshot } from '../../../src/state/records.ts';
import { emptyState } from '../../../src/state/state-codec.ts';

const definition = {} as FlowRecord['definition'];
const flow = { name: 'f', source: 'old', target: 'new', topics: { include: ['*'] } } as const satisfies Flow;

function stateWith(record: Partial<FlowRecord> | null): StateSnapshot {
  if (record === null) return emptyState;
  return { ...emptyState, exists: true, flows: new Map([['f', { v: 1, definition, producerIds: [], ...record }]]) };
}

/** The clusters that were asked for positions, where asking is refused. */
async function askedFor(mappings: Flow['mappings'], state: StateSnapshot) {
  const asked: string[] = [];
  const logOf = (cluster: string) => {
    asked.push(cluster);
    const refuses = () =>
      Promise.reject(brokerFault({ cluster, request: 'Metadata' }, { errorName: 'TOPIC_AUTHORIZATION_FAILED' }));
    return { cluster, describeTopics: refuses } as unknown as Cluster['log'];
  };
  const flows: PlanFile['flows'] = [mappings === undefined ? flow : { ...flow, mappings }];
  return { ...(await readMirrored({ name: 'm', flows }, state, logOf)), asked };
}

test('positions are read only of flows that were mirrored, and of which topics go by key, or went', async () => {
  const byKey: Flow['mappings'] = [{ source: 'orders', partitioning: 'by-key' }];
  const preserved: Flow['mappings'] = [{ source: 'orders', partitioning: 'preserve' }];
  const cases = [
    [undefined, { byKey: true }, ['new']],
    [byKey, {}, ['new']],
    [byKey, null, []],
    [preserved, {}, []],
    [undefined, {}, []],
  ] as const;
  for (const [mappings, record, expected] of cases) {
    const { asked } = await askedFor(mappings, stateWith(record));
    assert.equal(asked, expected, JSON.stringify([mappings, record]));
  }
});

test('a cluster that does not show its positions keeps no plan from being made, and that is said', async () => {
  const { mirrored, notes } = await askedFor(undefined, stateWith({ byKey: true }));
  assert.is(mirrored.size, 0);
  assert.equal(
    notes.map(({ code, severity, summary }) => [code, severity, summary]),
    [['KP2719', 'note', 'Of new, the positions of flow f could not be looked at.']],
  );
});

test.run();
