import { distance } from 'fastest-levenshtein';

/** Longer words are not compared: the distance costs the product of both lengths. */
const wordLengthMax = 64;

/** The word that was most likely meant, or `undefined` where none is near enough. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > wordLengthMax) return undefined;
  const lower = word.toLowerCase();
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const away = distance(lower, candidate.toLowerCase());
    if (best === undefined || away < best.distance) best = { word: candidate, distance: away };
  }
  if (best === undefined || best.distance > Math.max(2, Math.floor(best.word.length / 3))) return undefined;
  return best.distance < best.word.length ? best.word : undefined;
}

/** `; did you mean X?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : `; did you mean \`${meant}\`?`;
}
