import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { named } from '../diagnostics/named.ts';
import type { Flow } from '../migration/migration.ts';
import type { RuleContext, RuleNotice } from './rule.ts';

/** Without the right to read, apply makes every change and then moves nothing. */
export function mayNotReadSource(flow: Flow, { snapshots }: RuleContext): RuleNotice | undefined {
  const topics = flow.topics.map((topic) => topic.source);
  return missing(flow.source, snapshots.get(flow.source), topics, ['read']);
}

/** A topic that apply is to create has no rights yet to be asked for. Offsets of groups want reading too. */
export function mayNotWriteTarget(flow: Flow, { snapshots }: RuleContext): RuleNotice | undefined {
  const topics = flow.topics.map((topic) => topic.target);
  return missing(
    flow.target,
    snapshots.get(flow.target),
    topics,
    flow.groups === undefined ? ['write'] : ['read', 'write'],
  );
}

function missing(
  cluster: string,
  snapshot: ClusterSnapshot | undefined,
  topics: readonly string[],
  wanted: readonly string[],
): RuleNotice | undefined {
  const lacks = (topic: string) => {
    const told = snapshot?.topicOperations?.get(topic);
    return told === undefined ? [] : wanted.filter((operation) => !told.includes(operation));
  };
  const short = topics.filter((topic) => lacks(topic).length > 0);
  if (short.length === 0) return undefined;
  const operations = wanted.filter((operation) => short.some((topic) => lacks(topic).includes(operation)));
  const what = short.length === 1 ? 'topic' : `${short.length} topics`;
  const which = short.length === 1 ? ` ${short[0]}` : '';
  return {
    summary: `kplan may not ${operations.join(' and ')} ${what}${which} of ${cluster}.`,
    ...(short.length === 1 ? {} : { detail: named(short) }),
  };
}
