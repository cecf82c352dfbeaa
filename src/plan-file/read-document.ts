import { Composer, type Document, LineCounter, type ParsedNode, type YAMLParseError } from 'yaml';
import type { Location } from './location.ts';
import { scanTokens, type TextMistake } from './scan-tokens.ts';
import { yamlMessages } from './yaml-messages.ts';

export interface ReadDocument {
  /** Absent where the text has mistakes. */
  readonly document?: Document.Parsed<ParsedNode>;
  readonly mistakes: readonly TextMistake[];
  readonly locationOf: (offset: number) => Location;
}

/** Reads one YAML 1.2 document within the limits of a plan file. Never throws. */
export function readDocument(text: string): ReadDocument {
  const lines = new LineCounter();
  const locationOf = (offset: number): Location => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const scanned = scanTokens(text, lines.addNewLine);
  if (scanned.mistakes.length > 0) return { mistakes: scanned.mistakes, locationOf };
  const options = { version: '1.2', merge: true, uniqueKeys: false, keepSourceTokens: false } as const;
  const [document, second] = new Composer(options).compose(scanned.tokens, true, text.length);
  const mistakes = [...syntaxMistakes(document?.errors ?? [])];
  if (second !== undefined) mistakes.push(secondDocument(second.range[0]));
  if (document === undefined || mistakes.length > 0) return { mistakes, locationOf };
  return { document, mistakes: [], locationOf };
}

function secondDocument(offset: number): TextMistake {
  return { code: 'KP1004', offset, summary: 'A plan file holds one YAML document; a second one begins here.' };
}

/** The first mistake alone: what follows is mostly caused by it. */
function syntaxMistakes(errors: readonly YAMLParseError[]): TextMistake[] {
  const [first] = [...errors].sort((a, b) => a.pos[0] - b.pos[0]);
  if (first === undefined) return [];
  const [offset] = first.pos;
  if (first.code === 'MULTIPLE_DOCS') return [secondDocument(offset)];
  const why = yamlMessages[first.code] ?? 'the YAML parser does not understand this';
  return [{ code: 'KP1001', offset, summary: `This is not valid YAML: ${why}.` }];
}
