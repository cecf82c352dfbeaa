import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FollowContext } from '../../../runner/follow/follow-context.ts';
import { followFlow } from '../../../runner/follow/follow-flow.ts';
import { connectionFault } from '../../../runner/kafka/connection-fault.ts';
import type { Flow } from '../../../src/migration/migration.ts';
import { fakeStateLog, fakeTopic } from '../state/fake-state-log.ts';
import { simulatedClock } from '../state/simulated-clock.ts';

const flow = {
  name: 'f',
  source: 'old',
  target: 'new',
  topics: [{ source: 't', target: 't', partitions: 1, sourcePartitions: 1 }],
} as unknown as Flow;
const leasing = { holder: { id: 'a', who: 'a', command: 'kplan apply' }, leaseSeconds: 15 };
/** Nothing but the outage happens. */
const pace = {
  outagePauseMs: 15_000,
  watchIntervalMs: 10_000_000,
  groupsIntervalMs: 10_000_000,
  retentionAskedAgainMs: 10_000_000,
};
const deadlineMs = 400_000;

/** Follows until the first outage is told; gives how it ended, and what was told. */
async function followOnce(
  clock: ReturnType<typeof simulatedClock>,
  world: Pick<FollowContext, 'stateLog'> & { readonly log?: unknown },
): Promise<string> {
  const stop = new AbortController();
  const told: string[] = [];
  const clusters = ['old', 'new'].map((name) => [name, { name, log: world.log, reader: {} }] as const);
  const context = {
    ...{ signal: stop.signal, pace, leasing, stateLog: world.stateLog, tell: () => {} },
    world: { clock, clusters: new Map(clusters) },
    plan: { migration: { name: 'm' } },
    emit(event: { readonly event: string; readonly diagnostic?: { readonly code: string } }) {
      if (event.event !== 'diagnostic') return;
      told.push(event.diagnostic?.code ?? '');
      stop.abort();
    },
  } as unknown as FollowContext;
  void clock.sleep(deadlineMs).then(() => stop.abort());
  const outcome = await clock.until(followFlow(flow, context));
  return [outcome.result, ...told].join(' ');
}

/** A state topic that can't be reached. */
function unreachable(error: Error): FollowContext['stateLog'] {
  const facts = {
    cluster: 'new',
    broker: 'b:9092',
    request: 'connect',
    tls: true,
    mechanism: undefined,
    unproven: true,
  };
  const read = async () => {
    throw connectionFault(facts, error);
  };
  return { cluster: 'new', topic: 't', read } as unknown as FollowContext['stateLog'];
}

for (const code of ['EAI_AGAIN', 'ENOTFOUND', 'ECONNREFUSED', 'CERT_HAS_EXPIRED', 'ERR_SSL_WRONG_VERSION_NUMBER']) {
  test(`a follower waits out that a cluster can't be reached, ${code}`, async () => {
    const error = Object.assign(new Error('connect'), { code });
    assert.is(await followOnce(simulatedClock(), { stateLog: unreachable(error) }), 'interrupted KP4022');
  });
}

test('a follower waits out that a target partition has no leader when it begins', async () => {
  const clock = simulatedClock();
  const log = {
    cluster: 'new',
    describeTopics: async () => new Map([['t', { topic: 't', leaders: [-1] }]]),
    async offsets() {
      await clock.sleep(60_000);
      return [{ topic: 't', partition: 0, error: 'LEADER_NOT_AVAILABLE', offset: -1n }];
    },
  };
  const stateLog = fakeStateLog({ topic: fakeTopic(), clock });
  assert.is(await followOnce(clock, { stateLog, log }), 'interrupted KP4022');
});

test.run();
