import type { Pointer } from '../location.ts';
import type { PlanFile, Settings } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

const setting = 'min.insync.replicas';

interface Placed {
  readonly count: number;
  readonly pointer: Pointer;
}

/** min.insync.replicas above a replication factor that the plan file itself gives. */
export function checkInsyncReplicas(planFile: PlanFile): PlacedMistake[] {
  const { defaults, flows = [], topics = {} } = planFile;
  const setAbove = minInsync(defaults?.config?.set, ['defaults', 'config', 'set']);
  const factorAbove = factor(defaults?.replicationFactor, ['defaults', 'replicationFactor']);
  return [
    ...compare(setAbove, factorAbove),
    ...flows.flatMap((flow, index) =>
      (flow.mappings ?? []).flatMap((mapping, at) => {
        const pointer = ['flows', index, 'mappings', at];
        const own = minInsync(mapping.config?.set, [...pointer, 'config', 'set']);
        const ownFactor = factor(mapping.replicationFactor, [...pointer, 'replicationFactor']);
        if (own === undefined && mapping.replicationFactor === undefined) return [];
        return compare(own ?? setAbove, mapping.replicationFactor === undefined ? factorAbove : ownFactor);
      }),
    ),
    ...Object.entries(topics).flatMap(([cluster, declared]) =>
      declared.flatMap((topic, index) => {
        if ('state' in topic) return [];
        const pointer = ['topics', cluster, index];
        const replicas = factor(topic.replicationFactor, [...pointer, 'replicationFactor']);
        return compare(minInsync(topic.config, [...pointer, 'config']), replicas);
      }),
    ),
  ];
}

function minInsync(settings: Settings | undefined, pointer: Pointer): Placed | undefined {
  const value = settings?.[setting];
  return value === undefined || !/^\d{1,9}$/u.test(value)
    ? undefined
    : { count: Number(value), pointer: [...pointer, setting] };
}

function factor(value: 'source' | number | undefined, pointer: Pointer): Placed | undefined {
  return typeof value === 'number' ? { count: value, pointer } : undefined;
}

/** Reported at whichever of the two stands deeper: a mapping's replication factor breaks the defaults' setting. */
function compare(insync: Placed | undefined, replicas: Placed | undefined): PlacedMistake[] {
  if (insync === undefined || replicas === undefined || insync.count <= replicas.count) return [];
  const isOwn = insync.pointer[0] !== 'defaults' || replicas.pointer[0] === 'defaults';
  const summary = `\`${setting}\` is ${insync.count}, but the topic has only ${replicas.count} ${replicas.count === 1 ? 'replica' : 'replicas'}.`;
  return [{ code: 'KP1113', pointer: isOwn ? insync.pointer : replicas.pointer, at: 'value', summary }];
}
