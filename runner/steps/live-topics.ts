import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { sameSetting } from '../../src/resources/topic/setting-values.ts';
import { clusterOf, type RunCluster } from '../run/world.ts';
import type { StepContext } from './step-handler.ts';
import type { TopicWork } from './topic-work.ts';

/** Brokers that show nothing new for so long have trouble. */
const stalledMsMax = 30_000;
const visiblePoll = { minMs: 100, maxMs: 2_000 } as const;

/** Steps whose topic is not as wanted, each with what differs. */
export async function unlike(work: readonly TopicWork[], context: StepContext): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [name, ofCluster] of Map.groupBy(work, (one) => one.subject.cluster)) {
    const live = await readTopics(clusterOf(context.world, name), ofCluster);
    for (const one of ofCluster) {
      const difference = live(one);
      if (difference !== null) found.set(one.step.id, difference);
    }
  }
  return found;
}

/** Ids of the steps whose topic is as wanted already. */
export async function alike(work: readonly TopicWork[], context: StepContext): Promise<ReadonlySet<string>> {
  const left = await unlike(work, context);
  return new Set(work.map((one) => one.step.id).filter((id) => !left.has(id)));
}

/**
 * Polls until brokers show every topic as wanted, for as long as they get on with it; answers what is still not. The
 * controller has agreed by then, but a broker shows a change only when it has made the logs of the changes before.
 */
export async function awaitTopics(
  work: readonly TopicWork[],
  context: StepContext,
): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  const { clock } = context.world;
  let waiting = work;
  let progressedAtMs = clock.nowMs();
  for (let pauseMs: number = visiblePoll.minMs; ; pauseMs = Math.min(pauseMs * 2, visiblePoll.maxMs)) {
    const left = await unlike(waiting, context);
    if (left.size < waiting.length) progressedAtMs = clock.nowMs();
    waiting = waiting.filter((one) => left.has(one.step.id));
    if (waiting.length === 0 || clock.nowMs() - progressedAtMs >= stalledMsMax) {
      return new Map(waiting.flatMap((one) => lateness(one, left)));
    }
    await clock.sleep(pauseMs);
  }
}

function lateness({ step, subject }: TopicWork, left: ReadonlyMap<string, string>): [string, readonly Diagnostic[]][] {
  const difference = left.get(step.id);
  if (difference === undefined) return [];
  const { address } = step;
  const summary = `Topic ${subject.topic} on cluster ${subject.cluster} is not as wanted, and brokers showed nothing new for ${stalledMsMax / 1000} s: ${difference}.`;
  return [[step.id, [diagnostic('KP4009', { address, summary })]]];
}

async function readTopics(
  { log, reader }: RunCluster,
  work: readonly TopicWork[],
): Promise<(one: TopicWork) => string | null> {
  const names = [...new Set(work.map((one) => one.subject.topic))];
  const [described, settings] = await Promise.all([log.describeTopics(names), reader.describeTopicSettings(names)]);
  return ({ subject: { topic, after } }) => {
    const live = described.get(topic);
    const config = settings.get(topic);
    if (live === undefined || config === undefined) return 'it is not there';
    if (live.leaders.length < after.partitions) return `it has ${live.leaders.length} partitions`;
    if (live.leaders.some((leader) => leader < 0)) return 'a partition has no leader';
    for (const [name, value] of Object.entries(after.config)) {
      const setting = config.get(name);
      const held = setting?.source === 'topic' ? setting.value : null;
      if (!sameSetting(name, value, held)) return `${name} is ${held ?? 'not set'}`;
    }
    return null;
  };
}
