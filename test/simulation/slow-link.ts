import type { TransactionalLog } from '../../runner/engines/native/ports.ts';
import { createProcess, noFaults } from './client.ts';
import type { MirrorWorld } from './mirror-world.ts';

/** The target behind a link on which every byte waits for those before it, whichever broker they go to. */
export function behindSlowLink(world: MirrorWorld, bytesPerSecond: number): TransactionalLog {
  const log = createProcess(world.clock, world.random).connect(world.target, noFaults);
  let freeMs = 0;
  return {
    ...log,
    async produce(broker, producer, batches, lane) {
      const bytes = batches.reduce((sum, { batch }) => sum + batch.length, 0);
      freeMs = Math.max(freeMs, world.clock.nowMs()) + (bytes / bytesPerSecond) * 1_000;
      await world.clock.sleep(freeMs - world.clock.nowMs());
      return log.produce(broker, producer, batches, lane);
    },
  };
}
