import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { steadyTime } from '../../../runner/engines/native/clock.ts';

test('time passes when the time of day is set back, and when the monotonic clock stood still', () => {
  let timeOfDayMs = 1_790_000_000_000;
  let monotonicMs = 50;
  const nowMs = steadyTime(
    () => timeOfDayMs,
    () => monotonicMs,
  );
  const startMs = nowMs();
  assert.is(startMs, timeOfDayMs);
  timeOfDayMs -= 3_600_000;
  monotonicMs += 5_000;
  assert.is(nowMs() - startMs, 5_000);
  timeOfDayMs += 3_600_000 + 60_000;
  assert.is(nowMs() - startMs, 60_000);
  monotonicMs += 1;
  assert.is(nowMs() - startMs, 60_001);
});

test('many looks within a millisecond make no time', () => {
  let passedMs = 0;
  const nowMs = steadyTime(
    () => Math.floor(passedMs),
    () => passedMs,
  );
  const startMs = nowMs();
  for (; passedMs < 1_000; passedMs += 0.3) nowMs();
  assert.ok(nowMs() - startMs <= 1_002);
});

test.run();
