/** So many names stand in a text before the rest is counted. */
const namedMax = 10;

/** `a, b, c`, or the first ten and how many more there are. */
export function named(names: readonly string[]): string {
  const more = names.length > namedMax ? `, and ${names.length - namedMax} more` : '';
  return `${names.slice(0, namedMax).join(', ')}${more}`;
}
