import { type TopicListing, topicsOf } from '../cluster/topic-listing.ts';
import type { Flow as FlowInFile, PlanFile } from '../plan-file/plan-file.generated.ts';
import { matchTopics } from './match-topics.ts';
import type { Flow, Membership } from './migration.ts';
import { resolveTopics } from './resolve-topic.ts';

/** What a saved plan keeps of the plan file, so that a flow's members can be matched again without it. */
export function resolveMembership(flow: FlowInFile, { defaults = {}, policies = {} }: PlanFile): Membership {
  const { naming = 'same', mappings = [], topics } = flow;
  const { minReplicationFactor, maxPartitionsPerTopic } = policies;
  return {
    discover: topics?.discover ?? 'report',
    naming,
    mappings,
    defaults,
    policies: {
      ...(minReplicationFactor === undefined ? {} : { minReplicationFactor }),
      ...(maxPartitionsPerTopic === undefined ? {} : { maxPartitionsPerTopic }),
    },
  };
}

/** The flow with the members that its rules give it on these topics. A flow without rules keeps the members it has. */
export function rematchFlow(flow: Flow, listing: TopicListing): Flow {
  if (flow.membership === undefined) return flow;
  const { naming, mappings, defaults, discover } = flow.membership;
  const { include, exclude } = flow.topicPatterns;
  const inFile: FlowInFile = {
    name: flow.name,
    source: flow.source,
    target: flow.target,
    naming,
    mappings: [...mappings],
    topics: { include: [...include], exclude: [...exclude], discover },
  };
  const [sources, targets] = [topicsOf(listing, flow.source), topicsOf(listing, flow.target)];
  const { members } = matchTopics(inFile, 0, sources, nowhere);
  return { ...flow, topics: resolveTopics(members, { flow: inFile, defaults }, sources, targets) };
}

/** Without the plan file nothing has a line. What is found of its patterns was told when the plan was made. */
const nowhere = () => ({ file: '', line: 0, column: 0 });
