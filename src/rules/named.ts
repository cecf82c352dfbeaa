/** So many names stand in a diagnostic before the rest is counted. */
const namedMax = 10;

export function named(names: readonly string[]): string {
  const more = names.length > namedMax ? `, and ${names.length - namedMax} more` : '';
  return `${names.slice(0, namedMax).join(', ')}${more}`;
}
