/** Compared part by part, the first that differs decides; less is better. */
export type Score = readonly number[];

/** The candidate with the least score, of equal ones the first; undefined where there is none. */
export function choose(candidates: readonly number[], scoreOf: (candidate: number) => Score): number | undefined {
  let best: { readonly candidate: number; readonly score: Score } | undefined;
  for (const candidate of candidates) {
    const score = scoreOf(candidate);
    if (best === undefined || isLess(score, best.score)) best = { candidate, score };
  }
  return best?.candidate;
}

function isLess(a: Score, b: Score): boolean {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
