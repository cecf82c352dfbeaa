import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import type { OffsetsQuestion } from '../../offsets/question.ts';
import { offsetLinesLimits, readOffsetLines } from '../../offsets/read-offset-lines.ts';
import type { AskedFor } from '../arguments/offsets.ts';
import { readFaultWords } from '../read-fault-words.ts';
import type { readStdin } from '../read-stdin.ts';

const standardInput = '-';

/** What is asked, with the lines of a CSV read; or what is wrong with it. */
export async function readQuestion(
  asked: AskedFor,
  cwd: string,
  stdin: typeof readStdin,
): Promise<{ readonly question: OffsetsQuestion } | { readonly diagnostics: readonly Diagnostic[] }> {
  if (asked.by !== 'csv') return { question: asked };
  const file = asked.csv === standardInput ? 'standard input' : asked.csv;
  const bytes = asked.csv === standardInput ? await stdin(offsetLinesLimits.bytesMax) : await bytesOf(file, cwd);
  if ('diagnostics' in bytes) return bytes;
  if (bytes.length > offsetLinesLimits.bytesMax) return { diagnostics: [tooLarge(file)] };
  const read = readOffsetLines(new TextDecoder().decode(bytes), file);
  return 'diagnostics' in read ? read : { question: { by: 'lines', lines: read.lines, file } };
}

/** A file above the limit is not read. */
async function bytesOf(
  file: string,
  cwd: string,
): Promise<Uint8Array | { readonly diagnostics: readonly Diagnostic[] }> {
  const path = resolve(cwd, file);
  try {
    if ((await stat(path)).size > offsetLinesLimits.bytesMax) return { diagnostics: [tooLarge(file)] };
    return await readFile(path);
  } catch (thrown) {
    return { diagnostics: [diagnostic('KP6040', { file, summary: `${file}: ${readFaultWords(thrown)}.` })] };
  }
}

function tooLarge(file: string): Diagnostic {
  const summary = `${file} is larger than ${offsetLinesLimits.bytesMax} bytes.`;
  return diagnostic('KP6040', { file, summary, fix: 'Split it and ask for one part after the other.' });
}
