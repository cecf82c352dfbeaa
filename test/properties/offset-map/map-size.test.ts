import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { measureMap, type TrafficName, traffics } from '../../bench/map-size.ts';
import { seedOfRun } from '../../simulation/random.ts';

/** Issue: a partition and day at one transaction a second. */
const bytesOfDayMax = 1_000_000;
const secondsOfDay = 86_400;

for (const name of Object.keys(traffics) as TrafficName[]) {
  test(`a day's map takes less than 1 MB: ${traffics[name].title}`, () => {
    const { segments, cleanedBytes, textBytes } = measureMap(name, secondsOfDay, seedOfRun());
    assert.ok(segments >= secondsOfDay);
    assert.ok(cleanedBytes < bytesOfDayMax, `${cleanedBytes} bytes for ${segments} segments`);
    assert.ok(cleanedBytes < textBytes * 1.1, 'what records take beside their text is little');
  });
}

test('a map that is thinned stays as large as it may be, however long it goes on', () => {
  const charactersMax = 60_000;
  const { spans, cleanedBytes } = measureMap('transactions', secondsOfDay, seedOfRun(), charactersMax);
  assert.ok(spans > 0);
  assert.ok(cleanedBytes < charactersMax * 1.2, `${cleanedBytes} bytes with ${spans} spans`);
});

test.run();
