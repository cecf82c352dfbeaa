import type { Incident } from './incidents.ts';

/** What happens to a target that keeps what was acknowledged. */
export const targetIncidents = {
  tooFewReplicas({ step, after, world }) {
    const { random, target } = world;
    target.readOnly = random.pick(['NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'] as const);
    step(`produces to the target are answered ${target.readOnly}`);
    after(random.between(1, 8_000), () => {
      target.readOnly = null;
    });
  },
  /** All of them at once: nothing is appended, what stands there is still read. */
  disksAreFull({ step, after, world }) {
    const { random, target } = world;
    target.readOnly = 'KAFKA_STORAGE_ERROR';
    step(`produces to the target are answered ${target.readOnly}`);
    after(random.between(1, 8_000), () => {
      target.readOnly = null;
    });
  },
  markersAreLate({ step, after, world }) {
    const { random, clock, target } = world;
    step('markers are late');
    target.delayMarkers = (write) => clock.at(clock.nowMs() + random.between(1, 2_000), write);
    after(random.between(1, 5_000), () => {
      target.delayMarkers = null;
    });
  },
  /** `producer.id.expiration.ms` is over, where no transaction goes on and nothing was written. */
  producerStateExpires({ step, world }) {
    const log = world.targetLog(world.random.between(0, world.targetPartitions - 1));
    const isIdle = world.clock.nowMs() > log.producedAtMs + quietMs;
    if (isIdle && world.target.coordinator.isQuiet(quietMs)) {
      step('a target partition forgets its producers');
      log.producers.clear();
    }
  },
  /** `transactional.id.expiration.ms` is over. */
  transactionalIdExpires({ step, world }) {
    if (world.target.coordinator.isQuiet(quietMs)) {
      step("the target's coordinator forgets");
      world.target.coordinator.forgetIdle();
    }
  },
} satisfies Readonly<Record<string, Incident>>;

/** Nothing that a process sent before is on its way any more; in a cluster it is a day or a week. */
const quietMs = 2_500;
