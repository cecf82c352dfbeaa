import type { ComparedSide } from './verify-document.ts';

/** `orders:3`, or the topic alone where its records go by key. */
export function sideName({ topic, partition }: ComparedSide): string {
  return partition === undefined ? `${topic} (by key)` : `${topic}:${partition}`;
}

/** `0 to 500`. */
export function sideOffsets({ from, to }: ComparedSide): string {
  return from === undefined || to === undefined ? 'all' : `${from} to ${to}`;
}
