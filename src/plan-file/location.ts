/** A place in a plan file's text; both 1-based, columns in UTF-16 units. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** The keys and list indexes that lead from the root of the plan file to a value. */
export type Pointer = readonly (string | number)[];

/**
 * Where a value or its key stands, through aliases and `<<`. A pointer that leads to nothing answers with the nearest
 * value above it that is there.
 */
export type Locate = (pointer: Pointer, at: 'key' | 'value') => Location;
