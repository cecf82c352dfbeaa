/** The offset, but never below `low`. */
export function atLeast(offset: bigint, low: bigint): bigint {
  if (offset < low) return low;
  return offset;
}

/** The offset, but never above `high`. */
export function atMost(offset: bigint, high: bigint): bigint {
  if (offset > high) return high;
  return offset;
}
