import { type Diagnostic, hasErrors } from '../../diagnostics/diagnostic.ts';
import { shownSource } from '../../diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import type { OffsetsFormat, OffsetsOptions } from '../arguments/offsets.ts';
import { exitCodes } from '../exit-codes.ts';
import { gatherPlan, withClusters } from '../gather.ts';
import type { Io } from '../io.ts';
import { readStdin } from '../read-stdin.ts';
import { renderOffsetsCsv } from '../views/offsets-csv.ts';
import { type OffsetsDocument, offsetsDocument } from '../views/offsets-document.ts';
import { renderOffsets } from '../views/offsets-text.ts';
import { type AnsweredQuestion, answerQuestion } from './answer-offsets.ts';
import { readQuestion } from './offsets-question.ts';
import { type ReadOutcome, readOutcome } from './read-outcome.ts';

const renderers: Readonly<Record<OffsetsFormat, (document: OffsetsDocument) => string>> = {
  text: renderOffsets,
  json: (document) => `${JSON.stringify(document, null, 2)}\n`,
  csv: renderOffsetsCsv,
};

/**
 * `kplan offsets FILE`: where offsets of one side stand on the other, exactly or not at all. Changes nothing. 0 where there
 * is an answer for all, also where it is that an offset can't be translated; else 1, with the answers that there are.
 */
export async function offsets(options: OffsetsOptions, io: Io, stdin = readStdin): Promise<number> {
  const outcome = await readOutcome(io, () => translateOffsets(options, io, stdin));
  if (outcome.result === 'interrupted') return outcome.exitCode;
  const answers = outcome.result === 'read' ? outcome.value.answers : [];
  const diagnostics = outcome.result === 'read' ? outcome.value.diagnostics : outcome.diagnostics;
  const document = offsetsDocument(askedOf(options), answers, diagnostics);
  if (options.format !== 'json') tell(diagnostics, io, outcome.result === 'refused' ? outcome.planFileText : undefined);
  io.stdout(renderers[options.format](document));
  return answers.length === 0 || hasErrors(diagnostics) ? exitCodes.error : exitCodes.done;
}

async function translateOffsets(
  options: OffsetsOptions,
  io: Io,
  stdin: typeof readStdin,
): Promise<ReadOutcome<AnsweredQuestion>> {
  const read = await readQuestion(options.asked, io.cwd, stdin);
  if ('diagnostics' in read) return { result: 'refused', diagnostics: read.diagnostics };
  const gathered = await gatherPlan(options.file, io);
  if (gathered.result === 'refused') return gathered;
  const { migration, source } = gathered.plan;
  return withClusters(migration, source.path, io, async (clusters) => {
    const value = await answerQuestion(read.question, { ...options, migration, clusters });
    return { result: 'read', value };
  });
}

function askedOf({ asked, direction }: OffsetsOptions) {
  return {
    direction,
    group: asked.by === 'group' ? asked.group : undefined,
    timestampMs: asked.by === 'time' ? asked.timestampMs : undefined,
  };
}

function tell(diagnostics: readonly Diagnostic[], io: Io, planFileText: string | undefined): void {
  const sourceText = planFileText === undefined ? undefined : shownSource(planFileText);
  for (const one of diagnostics) io.stderr(renderDiagnostic(one, { color: io.color, sourceText }));
}
