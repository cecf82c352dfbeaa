import { test } from 'uvu';
import { createHistory, liveThrough } from '../../simulation/history.ts';
import { drawByKey } from '../../simulation/history-settings.ts';
import { createRandom, seedOfRun } from '../../simulation/random.ts';

const long = process.env.KPLAN_TEST_LONG === '1';
const histories = Number(process.env.KPLAN_TEST_HISTORIES ?? (long ? 1_000 : 60));
const seed = seedOfRun();

test('by key each record arrives once, in the partition of its key and in order, whatever fails and whoever dies', async () => {
  for (let i = 0; i < histories; i += 1) {
    const own = (seed + i) >>> 0;
    const history = createHistory(own, { delivery: 'transactional', byKey: drawByKey(createRandom(own)) });
    try {
      await liveThrough(history);
    } catch (error) {
      process.stdout.write(`${history.steps.join('\n')}\nreplay with KPLAN_TEST_SEED=${own}\n`);
      throw error;
    }
  }
});

test.run();
