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
import { renderWritten } from '../views/offsets-writes-text.ts';
import { answerQuestion, type OffsetsWorld } from './answer-offsets.ts';
import { readQuestion } from './offsets-question.ts';
import { type ReadOutcome, readOutcome } from './read-outcome.ts';

const renderers: Readonly<Record<OffsetsFormat, (document: OffsetsDocument) => string>> = {
  text: (document) => (document.writes === undefined ? renderOffsets(document) : renderWritten(document.writes)),
  json: (document) => `${JSON.stringify(document, null, 2)}\n`,
  csv: renderOffsetsCsv,
};

/**
 * `kplan offsets FILE`: where offsets of one side stand on the other, exactly or not at all. Writes nothing without
 * `--write`. 0 where there is an answer for all, also where it is that an offset can't be translated, and where all that
 * was to be written is; else 1, with the answers that there are: also where a group could not be read, or a partition has no
 * leader.
 */
export async function offsets(options: OffsetsOptions, io: Io, stdin = readStdin): Promise<number> {
  const outcome = await readOutcome(io, () => answer(options, io, stdin));
  if (outcome.result === 'interrupted') return outcome.exitCode;
  const document = outcome.result === 'read' ? outcome.value : documentOf(options, outcome.diagnostics);
  const { diagnostics, partitions } = document;
  if (options.format !== 'json') tell(diagnostics, io, outcome.result === 'refused' ? outcome.planFileText : undefined);
  io.stdout(renderers[options.format](document));
  return partitions.length === 0 || hasErrors(diagnostics) ? exitCodes.error : exitCodes.done;
}

async function answer(options: OffsetsOptions, io: Io, stdin: typeof readStdin): Promise<ReadOutcome<OffsetsDocument>> {
  const read = await readQuestion(options.asked, io.cwd, stdin);
  if ('diagnostics' in read) return { result: 'refused', diagnostics: read.diagnostics };
  const gathered = await gatherPlan(options.file, io);
  if (gathered.result === 'refused') return gathered;
  const { migration, source } = gathered.plan;
  return withClusters(migration, source.path, io, async (clusters) => {
    const world: OffsetsWorld = { ...options, migration, clusters };
    const { answers, diagnostics, unread } = await answerQuestion(read.question, world);
    const document = documentOf(options, [...diagnostics, ...unread], answers);
    const isWritten = options.write !== undefined && answers.length > 0 && !hasErrors(diagnostics);
    if (options.write === undefined || !isWritten) return { result: 'read', value: document };
    const { writeForMirrorMaker } = await import('./write-mirrormaker.ts');
    const value = await writeForMirrorMaker(
      { answers, document, write: options.write, format: options.format },
      world,
      io,
    );
    return { result: 'read', value };
  });
}

function documentOf(
  { asked, direction }: OffsetsOptions,
  diagnostics: readonly Diagnostic[],
  answers: Parameters<typeof offsetsDocument>[1] = [],
): OffsetsDocument {
  const group = asked.by === 'group' ? asked.group : undefined;
  const timestampMs = asked.by === 'time' ? asked.timestampMs : undefined;
  return offsetsDocument({ direction, group, timestampMs }, answers, diagnostics);
}

function tell(diagnostics: readonly Diagnostic[], io: Io, planFileText: string | undefined): void {
  const sourceText = planFileText === undefined ? undefined : shownSource(planFileText);
  for (const one of diagnostics) io.stderr(renderDiagnostic(one, { color: io.color, sourceText }));
}
