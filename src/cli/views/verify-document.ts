import type { MirroredPartition } from '../../../runner/groups/mirrored-partition.ts';
import { type ByKeyComparison, differencesByKey, isEqualByKey } from '../../../runner/verify/by-key-comparison.ts';
import { type Difference, type DifferenceKind, differenceKinds } from '../../../runner/verify/difference.ts';
import type { FlowVerification } from '../../../runner/verify/verify-flow.ts';
import type { PartitionComparison, VerifiedBefore } from '../../../runner/verify/verify-partition.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { LogRange } from '../../offset-map/translate.ts';

/** The JSON document of `kplan verify`: schema/verify.v1.schema.json. Offsets and counts of records are strings. */
export interface VerifyDocument {
  readonly formatVersion: string;
  /** Everything was compared and nothing differs. */
  readonly equal: boolean;
  readonly partitions: readonly VerifiedPartition[];
  readonly diagnostics: readonly Diagnostic[];
  /** Absent where no run came to its end. */
  readonly run?: VerifyRun;
}

export interface VerifyRun {
  readonly kplanVersion: string;
  readonly migration: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** How much was compared. */
  readonly scope:
    | { readonly kind: 'all' }
    | { readonly kind: 'sample'; readonly share: number; readonly seed: number }
    | { readonly kind: 'since'; readonly timestamp: string }
    | { readonly kind: 'tail'; readonly offsets: string };
}

export type CompletedDocument = VerifyDocument & { readonly run: VerifyRun };

export interface VerifiedPartition {
  readonly flow: string;
  readonly source: ComparedSide;
  readonly target: ComparedSide;
  readonly records: string;
  readonly sourceDigest: string;
  readonly targetDigest: string;
  readonly equal: boolean;
  readonly cleaned: string;
  readonly differences: string;
  /** Of each kind how many, where there are any. */
  readonly kinds: Readonly<Partial<Record<DifferenceKind, string>>>;
  readonly firstDifference?: DifferenceDocument;
  /** Source offsets between from and to that were not compared. */
  readonly leftOutOffsets: string;
  /** What an earlier run had found equal, and this one did not compare again. */
  readonly before?: { readonly source: string; readonly target: string; readonly records: string; readonly at: string };
}

/** The whole topic where its records go by key: then it has no partition and offsets. */
export interface ComparedSide {
  readonly topic: string;
  readonly partition?: number;
  readonly from?: string;
  /** Exclusive. */
  readonly to?: string;
}

export interface DifferenceDocument {
  readonly kind: Difference['kind'];
  readonly sourceOffset: string | null;
  readonly targetOffset: string | null;
  /** For `changed`: what differs. */
  readonly parts: readonly string[];
}

const formatVersion = '1.1';

export function verifyDocument(
  flows: readonly FlowVerification[],
  diagnostics: readonly Diagnostic[],
  complete: boolean,
  run?: VerifyRun,
): VerifyDocument {
  const partitions = flows.flatMap(({ flow, partitions: compared, byKey = [] }) => [
    ...compared.map((one) => verified(flow, one)),
    ...byKey.map((one) => verifiedByKey(flow, one)),
  ]);
  const equal = complete && partitions.every((one) => one.equal);
  return { formatVersion, equal, partitions, diagnostics, ...(run === undefined ? {} : { run }) };
}

function verified(flow: string, one: PartitionComparison): VerifiedPartition {
  const { firstDifference, partition, range } = one;
  return {
    flow,
    source: side(partition.source, range.source),
    target: side(partition.target, range.target),
    records: `${one.records}`,
    sourceDigest: one.sourceDigest,
    targetDigest: one.targetDigest,
    equal: one.equal,
    cleaned: `${one.cleaned}`,
    differences: `${one.differences}`,
    kinds: kindsFound(one),
    leftOutOffsets: `${one.leftOut.reduce((sum, { start, end }) => sum + end - start, 0n)}`,
    ...(one.before === null ? {} : { before: beforeDocument(one.before) }),
    ...(firstDifference === null ? {} : { firstDifference: differenceDocument(firstDifference) }),
  };
}

function verifiedByKey(flow: string, one: ByKeyComparison): VerifiedPartition {
  return {
    flow,
    source: { topic: one.source },
    target: { topic: one.target },
    records: `${one.records}`,
    sourceDigest: one.sourceDigest,
    targetDigest: one.targetDigest,
    equal: isEqualByKey(one),
    cleaned: one.kind === 'compacted' ? `${one.cleaned}` : '0',
    differences: `${differencesByKey(one)}`,
    kinds: one.kind === 'compacted' ? kindsFound(one) : {},
    leftOutOffsets: '0',
  };
}

function kindsFound({ kinds }: { readonly kinds: VerifiedKinds }): VerifiedPartition['kinds'] {
  const found = differenceKinds.filter((kind) => (kinds[kind] ?? 0) > 0);
  return Object.fromEntries(found.map((kind) => [kind, `${kinds[kind]}`]));
}

type VerifiedKinds = Readonly<Partial<Record<DifferenceKind, number>>>;

function beforeDocument({
  nextSource,
  nextTarget,
  records,
  at,
}: VerifiedBefore): NonNullable<VerifiedPartition['before']> {
  return { source: `${nextSource}`, target: `${nextTarget}`, records: `${records}`, at };
}

function side({ topic, partition }: MirroredPartition['source'], { start, end }: LogRange): ComparedSide {
  return { topic, partition, from: `${start}`, to: `${end}` };
}

function differenceDocument(difference: Difference): DifferenceDocument {
  const { kind, sourceOffset, targetOffset } = difference;
  return {
    kind,
    sourceOffset: sourceOffset === null ? null : `${sourceOffset}`,
    targetOffset: targetOffset === null ? null : `${targetOffset}`,
    parts: difference.kind === 'changed' ? difference.parts : [],
  };
}
