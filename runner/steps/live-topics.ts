import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { sameSetting } from '../../src/resources/topic/setting-values.ts';
import { clusterOf, type RunCluster } from '../run/world.ts';
import type { StepContext } from './step-handler.ts';
import type { TopicWork } from './topic-work.ts';

/** How long brokers may take to show what the controller has done. */
const visibleWaitMsMax = 30_000;
const visiblePollMs = 200;

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

/** Polls until brokers show every topic as wanted, or the deadline; answers what is still not. */
export async function awaitTopics(
  work: readonly TopicWork[],
  context: StepContext,
): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  const { clock } = context.world;
  const deadlineMs = clock.nowMs() + visibleWaitMsMax;
  for (;;) {
    const left = await unlike(work, context);
    if (left.size === 0 || clock.nowMs() >= deadlineMs) return new Map(work.flatMap((one) => lateness(one, left)));
    await clock.sleep(visiblePollMs);
  }
}

function lateness({ step, subject }: TopicWork, left: ReadonlyMap<string, string>): [string, readonly Diagnostic[]][] {
  const difference = left.get(step.id);
  if (difference === undefined) return [];
  const { address } = step;
  const summary = `Topic ${subject.topic} on cluster ${subject.cluster} is not as wanted after ${visibleWaitMsMax / 1000} s: ${difference}.`;
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
