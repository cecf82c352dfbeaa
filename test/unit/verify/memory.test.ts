import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createMemory } from '../../../runner/verify/memory.ts';

test('who came first never waits; others wait until there is room', async () => {
  const memory = createMemory(100);
  const [first, second] = [memory.join(), memory.join()];
  await second.take(80);
  await first.take(60);
  assert.is(memory.takenMax, 140);
  let came = false;
  const waiting = second.take(30).then(() => {
    came = true;
  });
  await Promise.resolve();
  assert.not.ok(came);
  assert.not.ok(second.tryTake(1), 'those that wait come first');
  first.release(60);
  await Promise.resolve();
  assert.not.ok(came, '80 and 30 are more than 100');
  second.release(20);
  await waiting;
  assert.ok(came);
});

test('what a share holds is given back when it leaves, and the next one is the first then', async () => {
  const memory = createMemory(100);
  const [first, second] = [memory.join(), memory.join()];
  await first.take(100);
  const waiting = second.take(1_000);
  first.leave();
  await waiting;
  second.takeArrived(50);
  assert.is(memory.takenMax, 1_050);
  second.leave();
  assert.ok(memory.join().tryTake(100));
});

test.run();
