import { CST, Lexer, Parser } from 'yaml';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { planFileLimits } from './limits.ts';

/** A mistake at an offset of the text. */
export interface TextMistake {
  readonly code: DiagnosticCode;
  readonly offset: number;
  readonly summary: string;
}

export interface ScannedTokens {
  readonly tokens: readonly CST.Token[];
  readonly mistakes: readonly TextMistake[];
}

/** Maps and lists of a document that stand on the parser's stack, beside the document and the scalar at the top. */
const stackBesideCollections = 2;
const contentTypes = new Set(['scalar', 'alias', 'flow-map-start', 'flow-seq-start', 'block-scalar-header']);
const quotedTypes = new Set(['single-quoted-scalar', 'double-quoted-scalar']);
const indicatorTypes = new Set(['seq-item-ind', 'map-value-ind', 'explicit-key-ind', 'comma', 'anchor']);

/**
 * Splits the text into tokens and stops at the first limit that it breaks. Tags and directives but `%YAML 1.2` are
 * refused here, as the first document's end is.
 *
 * @param onNewLine is told the offset of each line's start
 */
export function scanTokens(text: string, onNewLine: (offset: number) => void): ScannedTokens {
  const { syntaxErrorsMax } = planFileLimits;
  const parser = new Parser(onNewLine);
  const tokens: CST.Token[] = [];
  const mistakes: TextMistake[] = [];
  let contents = 0;
  let indicators = 0;
  let lexemes = 0;
  onNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    const { offset } = parser;
    const type = CST.tokenType(lexeme) ?? '';
    lexemes += 1;
    if (contentTypes.has(type) || quotedTypes.has(type)) contents += 1;
    if (indicatorTypes.has(type)) indicators += 1;
    const mistake =
      forbidden(type, lexeme, offset) ?? overLimit(Math.max(contents, indicators), lexemes, parser, offset);
    if (mistake !== undefined) mistakes.push(mistake);
    if (mistake?.code === 'KP1003') return { tokens: [], mistakes: [mistake] };
    if (mistakes.length === syntaxErrorsMax) return { tokens: [], mistakes };
    for (const token of parser.next(lexeme)) tokens.push(token);
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, mistakes };
}

function overLimit(nodes: number, lexemes: number, parser: Parser, offset: number): TextMistake | undefined {
  const { nodesMax, tokensMax, depthMax } = planFileLimits;
  if (nodes > nodesMax) {
    return { code: 'KP1003', offset, summary: `The plan file has more than ${nodesMax} values.` };
  }
  if (lexemes > tokensMax) {
    return { code: 'KP1003', offset, summary: `The plan file has more than ${tokensMax} words and signs.` };
  }
  if (parser.stack.length > depthMax + stackBesideCollections) {
    const summary = `Maps and lists stand more than ${depthMax} deep within each other.`;
    return { code: 'KP1003', offset, summary };
  }
  return undefined;
}

function forbidden(type: string, lexeme: string, offset: number): TextMistake | undefined {
  if (type === 'tag') {
    return { code: 'KP1005', offset, summary: 'A plan file takes no YAML tags (`!name`).' };
  }
  if (type === 'directive-line' && !/^%YAML[ \t]+1\.2[ \t]*(?:#.*)?$/u.test(lexeme)) {
    return { code: 'KP1005', offset, summary: 'A plan file takes no directive but `%YAML 1.2`.' };
  }
  return undefined;
}
