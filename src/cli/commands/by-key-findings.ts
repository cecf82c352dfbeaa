import {
  type ByKeyComparison,
  type CompactedByKeyComparison,
  isEqualByKey,
  type WholeByKeyComparison,
} from '../../../runner/verify/by-key-comparison.ts';
import type { KeyDifference } from '../../../runner/verify/judge-key.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';

/** What verification has to say of one topic whose records go by key, at the flow's address. */
export function byKeyFindings(address: string, one: ByKeyComparison): Diagnostic[] {
  return one.kind === 'whole'
    ? [...different(address, one, wholePlaces(one)), ...orderNotSeen(address, one)]
    : [...different(address, one, keyPlaces(one)), ...keysNotTold(address, one)];
}

function different(address: string, one: ByKeyComparison, places: readonly string[]): Diagnostic[] {
  if (isEqualByKey(one)) return [];
  const meanwhile = one.overtaken ? ['retention deleted records meanwhile, and may be why'] : [];
  const summary = `Source and target differ in ${one.source}, which goes by key.`;
  return [diagnostic('KP6024', { address, summary, detail: `${[...places, ...meanwhile].join('; ')}.` })];
}

/** Partitions that a message names. */
const namesMax = 10;

function wholePlaces({ differing, keysOutOfOrder }: WholeByKeyComparison): readonly string[] {
  const places = differing.map(({ partition, wanted, found }) => `${partition} (${found} of ${wanted} records)`);
  const order = keysOutOfOrder === 0 ? [] : [`${keysOutOfOrder} keys stand in another order`];
  const where = places.length === 0 ? [] : [`target partitions that differ: ${places.slice(0, namesMax).join(', ')}`];
  return [...where, ...order];
}

function keyPlaces(one: CompactedByKeyComparison): readonly string[] {
  return one.differences.map((difference) => `${difference.kind}: ${placeOf(one, difference)}`);
}

/** `orders:3 offset 17, copy:0 offset 9`. */
function placeOf(topics: CompactedByKeyComparison, { source, target }: KeyDifference): string {
  const places = [
    ...(source === null ? [] : [`${topics.source}:${source.partition} offset ${source.offset} at the source`]),
    ...(target === null ? [] : [`${topics.target}:${target.partition} offset ${target.offset} at the target`]),
  ];
  return places.join(', ');
}

function orderNotSeen(address: string, { source, orderShare }: WholeByKeyComparison): Diagnostic[] {
  if (orderShare === 1) return [];
  const share = percent(orderShare);
  const summary = `${source} has more keys than are kept in memory: the order of ${share} of them was looked at.`;
  return [diagnostic('KP6011', { address, summary })];
}

function keysNotTold(address: string, { source, unproven, keyShare }: CompactedByKeyComparison): Diagnostic[] {
  const untold = `${unproven} records of ${source} cannot be told from what a cleaner takes.`;
  const share = `${source} has more records than verification holds: ${percent(keyShare)} of its keys were compared.`;
  return [
    ...(unproven === 0n ? [] : [diagnostic('KP6025', { address, summary: untold })]),
    ...(keyShare === 1 ? [] : [diagnostic('KP6020', { address, summary: share })]),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
