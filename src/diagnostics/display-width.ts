import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Columns of a terminal that the text takes. string-width is slow to load: only text beyond printable ASCII needs it. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const { default: stringWidth } = require('string-width') as { readonly default: (text: string) => number };
  return stringWidth(text);
}
