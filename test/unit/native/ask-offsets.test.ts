import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { awaitNoTransaction } from '../../../runner/engines/native/ask-offsets.ts';
import type { LogReader } from '../../../runner/engines/native/ports.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';

test('a partition that others write to all the time, without any transaction, has none open', async () => {
  const clock = createVirtualClock(0);
  let end = 100n;
  const log: LogReader = {
    cluster: 'dc',
    describeTopics: async () => new Map(),
    fetch: async () => [],
    // One record comes between any two requests; each is stable at once.
    async offsets(partitions) {
      end += 1n;
      return partitions.map((one) => ({ ...one, error: null, offset: end }));
    },
  };
  const open = await clock.run(awaitNoTransaction(log, [{ topic: 'positions', partition: 0 }], clock));
  assert.is(open.size, 0, `told open after ${clock.nowMs()} ms`);
});

test.run();
