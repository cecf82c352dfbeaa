import { isDeepStrictEqual } from 'node:util';
import { Composer, CST, Lexer, Parser } from 'yaml';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { parsePlanFile } from '../parse.ts';
import { planFileSchema } from '../schema.generated.ts';
import { sortKeys } from './key-order.ts';
import { layoutSchema, layoutText } from './layout.ts';
import { outdentComments } from './outdent-comments.ts';

export type Formatted = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/** The layout of a layout is the same but for rare places of comments, which settle in the second round. */
const roundsMax = 4;

/**
 * A plan file's text in its canonical layout: comments, anchors, `<<`, quotes and the spelling of numbers kept, keys in
 * the schema's order. Formatting its own result changes nothing. A text that is no plan file gets the diagnostics that
 * `validate` gives; what can not be laid out without losing a comment is refused (KP1304).
 *
 * @param path is named in the diagnostics; no file is read
 */
export function formatPlanFile(text: Uint8Array | string, path: string): Formatted {
  const { planFile, diagnostics } = parsePlanFile(text, path);
  if (planFile === undefined) return { diagnostics };
  const before = typeof text === 'string' ? text : new TextDecoder().decode(text);
  const after = settled(before);
  const lost = after === undefined ? 'settle in one layout' : lostComment(before, after);
  if (after === undefined || lost !== undefined) {
    return { diagnostics: [diagnostic('KP1304', { summary: `${path} can not be formatted: ${lost}.`, file: path })] };
  }
  if (!isDeepStrictEqual(parsePlanFile(after, path).planFile, planFile)) {
    throw new Error(`formatting would have changed the meaning of ${path}`);
  }
  return { text: after };
}

function settled(text: string): string | undefined {
  let current = text;
  for (let round = 0; round < roundsMax; round += 1) {
    const next = laidOut(current);
    if (next === current) return current;
    current = next;
  }
  return laidOut(current) === current ? current : undefined;
}

function laidOut(text: string): string {
  const tokens = [...new Parser().parse(text)];
  for (const token of tokens) if (token.type === 'document') outdentComments(token);
  const [document] = new Composer(layoutSchema).compose(tokens, true, text.length);
  if (document === undefined) throw new Error('a plan file without a document');
  sortKeys(document, planFileSchema);
  return layoutText(document);
}

/** A comment of the one text that the other lacks. */
function lostComment(before: string, after: string): string | undefined {
  const left = new Map<string, number>();
  for (const comment of commentsOf(after)) left.set(comment, (left.get(comment) ?? 0) + 1);
  for (const comment of commentsOf(before)) {
    const count = left.get(comment) ?? 0;
    if (count === 0) return `the comment \`${comment}\` has no place in the layout`;
    left.set(comment, count - 1);
  }
  return undefined;
}

/** The text of every comment, in their order. */
export function commentsOf(text: string): string[] {
  const lexemes = [...new Lexer().lex(text)];
  return lexemes.filter((one) => CST.tokenType(one) === 'comment').map((one) => one.trimEnd());
}
