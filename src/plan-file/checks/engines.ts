import type { Pointer } from '../location.ts';
import type { Flow, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

type Engine = NonNullable<Flow['engine']>;

/** Something that a flow asks for: where it stands and what it is called. */
interface Wish {
  readonly pointer: Pointer;
  readonly what: string;
  /** The engines that can do it. */
  readonly engines: readonly Engine[];
}

const native = ['native'] as const;
const mirrorMakers = ['mirrormaker2', 'mirrormaker1'] as const;

/** Which engines know a key of `tuning`. */
const tuningEngines = {
  throttleBytesPerSecond: native,
  commitIntervalMs: native,
  fetchMaxBytes: native,
  memoryMaxMb: native,
  streams: ['mirrormaker1'],
  tasksMax: ['mirrormaker2'],
  producer: mirrorMakers,
  consumer: mirrorMakers,
} as const satisfies Record<keyof NonNullable<Flow['tuning']>, readonly Engine[]>;

/**
 * What a flow asks of an engine that cannot do it. MirrorMaker 1 keeps names and translates no offsets; MirrorMaker 2
 * names by its replication policies (same or prefixed), preserves partitions and cannot tell losses.
 */
export function checkEngines(planFile: PlanFile): PlacedMistake[] {
  return (planFile.flows ?? []).flatMap((flow, index) => {
    const { engine = 'native' } = flow;
    return wishesOf(flow, ['flows', index]).flatMap(({ pointer, what, engines }) => {
      if (engines.includes(engine)) return [];
      const others = engines.map((one) => `\`${one}\``).join(' or ');
      const summary = `The engine \`${engine}\` has no ${what}; ${others} has.`;
      return [{ code: 'KP1119', pointer, at: 'key', summary, fix: `Use engine ${others}, or leave it out.` } as const];
    });
  });
}

function wishesOf(flow: Flow, pointer: Pointer): Wish[] {
  const { naming = 'same', start, tuning = {}, groups, onLoss, mappings = [], delivery, acls } = flow;
  const wishes: (Wish | undefined)[] = [
    naming === 'prefixed'
      ? { pointer: [...pointer, 'naming'], what: '`naming: prefixed`', engines: ['native', 'mirrormaker2'] }
      : undefined,
    typeof naming === 'object'
      ? { pointer: [...pointer, 'naming'], what: 'naming by a prefix or suffix of your own', engines: native }
      : undefined,
    typeof start === 'object'
      ? { pointer: [...pointer, 'start'], what: 'start at a timestamp', engines: native }
      : undefined,
    groups === undefined
      ? undefined
      : { pointer: [...pointer, 'groups'], what: 'translation of group offsets', engines: ['native', 'mirrormaker2'] },
    acls === undefined
      ? undefined
      : { pointer: [...pointer, 'acls'], what: 'carrying over of ACLs', engines: ['native', 'mirrormaker2'] },
    onLoss === undefined
      ? undefined
      : { pointer: [...pointer, 'onLoss'], what: 'detection of losses', engines: native },
    delivery === 'transactional'
      ? { pointer: [...pointer, 'delivery'], what: 'transactional delivery', engines: ['native', 'mirrormaker2'] }
      : undefined,
    ...mappings.flatMap((mapping, index) => mappingWishes(mapping, [...pointer, 'mappings', index])),
    ...Object.entries(tuningEngines).map(([key, engines]) =>
      Object.hasOwn(tuning, key)
        ? { pointer: [...pointer, 'tuning', key], what: `\`tuning.${key}\``, engines }
        : undefined,
    ),
  ];
  return wishes.filter((wish) => wish !== undefined);
}

function mappingWishes(mapping: NonNullable<Flow['mappings']>[number], pointer: Pointer): Wish[] {
  const { target, source, partitioning = 'preserve' } = mapping;
  const byKey = partitioning !== 'preserve';
  return [
    ...(target === undefined || target === source
      ? []
      : [{ pointer: [...pointer, 'target'], what: 'renaming of single topics', engines: native }]),
    ...(byKey ? [{ pointer: [...pointer, 'partitioning'], what: '`partitioning` by key', engines: native }] : []),
  ];
}
