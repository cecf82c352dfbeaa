import type { Locate, Pointer } from '../plan-file/location.ts';

/** Where something stands in the plan file, ready to be put into a diagnostic. */
export type Place = (
  pointer: Pointer,
  at?: 'key' | 'value',
) => { readonly file: string; readonly line: number; readonly column: number };

export function placeIn(file: string, locate: Locate): Place {
  return (pointer, at = 'value') => ({ file, ...locate(pointer, at) });
}
