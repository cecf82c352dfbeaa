/** A value of the plan file with the offsets where it and its key stand in the text. */
export interface PlacedValue {
  /** A plain value: text, number, boolean, null, array or object. */
  readonly value: unknown;
  readonly offset: number;
  /** Of the key, or of the list entry. */
  readonly keyOffset: number;
  readonly children: ReadonlyMap<string | number, PlacedValue>;
}
