import type { Flow as FlowInFile } from '../plan-file/plan-file.generated.ts';
import type { FlowDefinition, FlowTuning, GroupSelection } from './migration.ts';

/** The defaults of the plan file's reference: the schema names the same. */
const defaultTuning: FlowTuning = { commitIntervalMs: 1000, fetchMaxBytes: 16_777_216, memoryMaxMb: 256 };

/** A flow with its defaults, without its members. What this version can't do was refused before. */
export function resolveFlow(flow: FlowInFile): FlowDefinition {
  const groups = resolveGroups(flow.groups);
  const onLoss = Object.fromEntries(Object.entries(flow.onLoss ?? {}).filter(([, answer]) => answer === 'continue'));
  const { commitIntervalMs, fetchMaxBytes, memoryMaxMb } = { ...defaultTuning, ...flow.tuning };
  const throttle = flow.tuning?.throttleBytesPerSecond;
  return {
    name: flow.name,
    source: flow.source,
    target: flow.target,
    engine: 'native',
    topicPatterns: { include: flow.topics?.include ?? [], exclude: flow.topics?.exclude ?? [] },
    ...(groups === undefined ? {} : { groups }),
    start: flow.start ?? 'earliest',
    delivery: flow.delivery ?? 'transactional',
    ...(Object.keys(onLoss).length === 0 ? {} : { onLoss }),
    tuning: {
      commitIntervalMs,
      fetchMaxBytes,
      memoryMaxMb,
      ...(throttle === undefined ? {} : { throttleBytesPerSecond: throttle }),
    },
  };
}

function resolveGroups(groups: FlowInFile['groups']): GroupSelection | undefined {
  if (groups === undefined) return undefined;
  const { uncommitted = 'end-at-cutover' } = groups;
  return { include: groups.include, exclude: groups.exclude ?? [], sync: 'continuous', uncommitted };
}
