import { test } from 'uvu';
import { createHistory, liveThrough } from '../../simulation/history.ts';
import { seedOfRun } from '../../simulation/random.ts';

const long = process.env.KPLAN_TEST_LONG === '1';
const histories = Number(process.env.KPLAN_TEST_HISTORIES ?? (long ? 1_000 : 150));
/** What all histories have alike, by JSON; else all is drawn. */
const settings = JSON.parse(process.env.KPLAN_TEST_SETTINGS ?? '{}');
const seed = seedOfRun();

test('readers of the target see what readers of the source see, whatever fails and whoever dies', async () => {
  for (let i = 0; i < histories; i += 1) {
    const history = createHistory((seed + i) >>> 0, settings);
    try {
      await liveThrough(history);
    } catch (error) {
      process.stdout.write(`${history.steps.join('\n')}\nreplay with KPLAN_TEST_SEED=${(seed + i) >>> 0}\n`);
      throw error;
    }
  }
});

test.run();
