import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FetchPosition } from '../../../runner/engines/native/ports.ts';
import { createFetchSession, type SessionStep } from '../../../runner/kafka/fetch-session.ts';

const topics = [{ topic: 'a' }, { topic: 'b', topicId: 'id-1' }, { topic: 'b', topicId: 'id-2' }];
const position: fc.Arbitrary<FetchPosition> = fc
  .tuple(
    fc.constantFrom(...topics),
    fc.nat(3),
    fc.bigInt({ min: 0n, max: 2n }),
    fc.constantFrom(100, 200),
    fc.constantFrom(-1, 4),
  )
  .map(([topic, partition, offset, maxBytes, lastEpoch]) => ({ ...topic, partition, offset, maxBytes, lastEpoch }));
const keyOf = ({ topicId, topic, partition }: FetchPosition) => `${topicId ?? topic}-${partition}`;
const wanted = fc.uniqueArray(position, { selector: keyOf });
const requests = fc.array(
  fc.tuple(wanted, fc.constantFrom('remembered', 'remembered', 'remembered', 'not remembered', 'lost')),
);

/** What a broker does with a request, as KIP-227 says. Throws where it would refuse it. */
function take(broker: { id: number; epoch: number; known: Map<string, FetchPosition> }, step: SessionStep): void {
  if (step.epoch === 0) {
    broker.id += 1;
    broker.known.clear();
  } else {
    assert.is(step.sessionId, broker.id);
    assert.is(step.epoch, broker.epoch);
  }
  broker.epoch = step.epoch + 1;
  for (const one of step.forgotten) assert.ok(broker.known.delete(keyOf(one)), 'it forgets what it knows');
  for (const one of step.positions) {
    assert.not.equal(broker.known.get(keyOf(one)), one, 'only news is named');
    broker.known.set(keyOf(one), one);
  }
}

test('after every request the broker looks at what is wanted, and was told of no more than what is new', () => {
  fc.assert(
    fc.property(requests, (all) => {
      const session = createFetchSession();
      const broker = { id: 0, epoch: 0, known: new Map<string, FetchPosition>() };
      for (const [positions, outcome] of all) {
        take(broker, session.next(positions));
        assert.equal(broker.known, new Map(positions.map((one) => [keyOf(one), one])));
        if (outcome === 'lost') session.lost();
        else session.answered(outcome === 'remembered' ? broker.id : 0);
      }
    }),
  );
});

test('epochs go on with 1 after the largest one, for 0 begins a session', () => {
  const session = createFetchSession();
  session.next([]);
  for (let i = 0; i < 3; i += 1) session.answered(7);
  assert.equal(session.next([]), { sessionId: 7, epoch: 3, positions: [], forgotten: [] });
});

test.run();
