import fc from 'fast-check';
import type { FetchedPartition } from '../../runner/engines/native/ports.ts';
import { computeCrc } from '../../runner/records/crc.ts';
import { fieldAt } from '../../runner/records/header.ts';
import type { SimulatedPartition, StoredBatch } from './simulated-partition.ts';

/** Numbers at which arithmetic goes wrong. */
const oddNumbers = [
  0n,
  1n,
  -1n,
  2n,
  127n,
  128n,
  255n,
  65_535n,
  2n ** 31n - 1n,
  -(2n ** 31n),
  2n ** 32n,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const oddNumber = fc.oneof(fc.constantFrom(...oddNumbers), fc.bigInt({ min: -300n, max: 300n }));

const fieldBytes = {
  baseOffset: 8,
  batchLength: 4,
  leaderEpoch: 4,
  magic: 1,
  crc: 4,
  attributes: 2,
  lastOffsetDelta: 4,
  baseTimestamp: 8,
  maxTimestamp: 8,
  producerId: 8,
  producerEpoch: 2,
  baseSequence: 4,
  recordCount: 4,
} as const satisfies Record<keyof typeof fieldAt, number>;
type Field = keyof typeof fieldBytes;

/** One change of what the source has on its disks, in the batch of that index. `sealed`: its CRC is made right again. */
export type Damage =
  | {
      readonly what: 'bytes';
      readonly batch: number;
      readonly edits: readonly (readonly [number, number])[];
      readonly sealed: boolean;
    }
  | {
      readonly what: 'field';
      readonly batch: number;
      readonly field: Field;
      readonly value: bigint;
      readonly added: boolean;
      readonly sealed: boolean;
    }
  | { readonly what: 'order'; readonly batch: number; readonly how: 'swapped' | 'doubled' | 'dropped' };

const batch = fc.nat(60);

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({
    what: fc.constant('bytes' as const),
    batch,
    edits: fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { minLength: 1, maxLength: 6 }),
    sealed: fc.boolean(),
  }),
  fc.record({
    what: fc.constant('field' as const),
    batch,
    field: fc.constantFrom(...(Object.keys(fieldBytes) as Field[])),
    value: oddNumber,
    added: fc.boolean(),
    sealed: fc.boolean(),
  }),
  fc.record({ what: fc.constant('order' as const), batch, how: fc.constantFrom('swapped', 'doubled', 'dropped') }),
);

/** Whether nobody could tell: a right CRC over other bytes, or a change of what no CRC covers. */
export function isPerfect(one: Damage): boolean {
  if (one.what === 'order') return true;
  if (one.what === 'bytes') return one.sealed || one.edits.some(([at]) => at < fieldAt.crc);
  return one.sealed || fieldAt[one.field] < fieldAt.crc;
}

/** Changes the log of one partition; where it has no batch of that index, the last one. */
export function apply(log: SimulatedPartition, one: Damage): void {
  const index = Math.min(one.batch, log.batches.length - 1);
  const stored = log.batches[index];
  if (stored === undefined) return;
  if (one.what === 'order') {
    reorder(log, index, one.how);
    return;
  }
  const bytes = Buffer.from(stored.bytes);
  if (one.what === 'bytes') for (const [at, byte] of one.edits) bytes[at % bytes.length] = byte;
  else writeField(bytes, one.field, one.added ? readField(bytes, one.field) + one.value : one.value);
  if (one.sealed) bytes.writeUInt32BE(computeCrc(bytes), fieldAt.crc);
  stored.bytes = bytes;
}

/** The last batch stays: by it a broker knows where its log ends. */
function reorder(log: SimulatedPartition, index: number, how: 'swapped' | 'doubled' | 'dropped'): void {
  const [first, second] = [log.batches[index], log.batches[index + 1]];
  if (first === undefined || second === undefined || index + 2 >= log.batches.length) return;
  const replaced: Record<typeof how, StoredBatch[]> = {
    swapped: [second, first],
    doubled: [first, first, second],
    dropped: [second],
  };
  log.batches.splice(index, 2, ...replaced[how]);
}

function readField(bytes: Buffer, field: Field): bigint {
  return BigInt.asIntN(64, BigInt(`0x${bytes.toString('hex', fieldAt[field], fieldAt[field] + fieldBytes[field])}`));
}

function writeField(bytes: Buffer, field: Field, value: bigint): void {
  const width = fieldBytes[field];
  const hex = BigInt.asUintN(width * 8, value)
    .toString(16)
    .padStart(width * 2, '0');
  bytes.write(hex, fieldAt[field], 'hex');
}

/** One change of an answer on its way, as a broker or a network that went wrong would make it. */
export type AnswerDamage =
  | { readonly what: 'bytes'; readonly edits: readonly (readonly [number, number])[] }
  | { readonly what: 'cut'; readonly length: number }
  | { readonly what: 'longer'; readonly bytes: number }
  | {
      readonly what: 'offsets';
      readonly field: 'highWatermark' | 'lastStableOffset' | 'logStartOffset';
      readonly value: bigint;
    }
  | {
      readonly what: 'aborted';
      readonly entries: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[];
      readonly alone: boolean;
    }
  | { readonly what: 'error'; readonly error: string }
  | { readonly what: 'place'; readonly topic: string; readonly partition: number }
  | { readonly what: 'records'; readonly bytes: Uint8Array };

const producerId = fc.oneof(fc.constantFrom(7_001n, 7_002n, 7_003n), oddNumber);

export const answerDamage: fc.Arbitrary<AnswerDamage> = fc.oneof(
  fc.record({
    what: fc.constant('bytes' as const),
    edits: fc.array(fc.tuple(fc.nat(9_000), fc.nat(255)), { minLength: 1, maxLength: 6 }),
  }),
  fc.record({ what: fc.constant('cut' as const), length: fc.nat(9_000) }),
  fc.record({ what: fc.constant('longer' as const), bytes: fc.integer({ min: 1, max: 50 }) }),
  fc.record({
    what: fc.constant('offsets' as const),
    field: fc.constantFrom('highWatermark', 'lastStableOffset', 'logStartOffset'),
    value: oddNumber,
  }),
  fc.record({
    what: fc.constant('aborted' as const),
    entries: fc.array(fc.record({ producerId, firstOffset: oddNumber }), { maxLength: 50 }),
    alone: fc.boolean(),
  }),
  fc.record({
    what: fc.constant('error' as const),
    error: fc.constantFrom(
      'OFFSET_OUT_OF_RANGE',
      'NOT_LEADER_OR_FOLLOWER',
      'CORRUPT_MESSAGE',
      'UNKNOWN_SERVER_ERROR',
      'KAFKA_STORAGE_ERROR',
      'FENCED_LEADER_EPOCH',
    ),
  }),
  fc.record({
    what: fc.constant('place' as const),
    topic: fc.constantFrom('orders', 'other', ''),
    partition: fc.constantFrom(-1, 0, 1, 2, 2 ** 31 - 1),
  }),
  fc.record({ what: fc.constant('records' as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
);

/** Whether only bytes of record batches, or their number, may have changed: CRCs then tell. */
export function changesMeaning(one: AnswerDamage): boolean {
  return one.what === 'aborted' || one.what === 'bytes' || one.what === 'place';
}

export function damagedAnswer(
  answer: readonly FetchedPartition[],
  one: AnswerDamage,
  encode: (answer: readonly FetchedPartition[]) => Buffer,
): Buffer {
  const first = answer[0];
  if (first === undefined) return encode(answer);
  const changed = { ...first, ...changesOf(first, one) };
  const bytes = encode([changed, ...answer.slice(1)]);
  if (one.what === 'bytes') for (const [at, byte] of one.edits) bytes[at % bytes.length] = byte;
  if (one.what === 'cut') return bytes.subarray(0, one.length % bytes.length);
  return one.what === 'longer' ? Buffer.concat([bytes, Buffer.alloc(one.bytes)]) : bytes;
}

function changesOf(first: FetchedPartition, one: AnswerDamage): Partial<FetchedPartition> {
  if (one.what === 'offsets') return { [one.field]: one.value };
  if (one.what === 'aborted')
    return { abortedTransactions: one.alone ? one.entries : [...first.abortedTransactions, ...one.entries] };
  if (one.what === 'error') return { error: one.error };
  if (one.what === 'place') return { topic: one.topic, partition: one.partition };
  if (one.what === 'records') return { records: Buffer.concat([first.records, one.bytes]) };
  return {};
}
