import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import type { Flow } from '../migration/migration.ts';
import { mirroredPlaces } from './mirrored-places.ts';
import type { Direction, OffsetLine } from './question.ts';

export interface LinesByFlow {
  /** By the flow's name. */
  readonly lines: ReadonlyMap<string, readonly OffsetLine[]>;
  /** Lines of places that no flow mirrors, or more than one. */
  readonly left: readonly OffsetLine[];
  readonly diagnostics: readonly Diagnostic[];
}

/** More lines with the same finding are counted. */
const namedMax = 10;

/** Which flow answers for each line. Where several could, none does: a script must not join two answers by chance. */
export function linesByFlow(
  lines: readonly OffsetLine[],
  flows: readonly Pick<Flow, 'name' | 'topics'>[],
  { direction, file }: { readonly direction: Direction; readonly file: string },
): LinesByFlow {
  const places = flows.map((flow) => ({ flow: flow.name, partitionsOf: mirroredPlaces(flow, direction) }));
  const mirrored: { readonly flow: string; readonly line: OffsetLine }[] = [];
  const unmirrored: OffsetLine[] = [];
  const ambiguous: OffsetLine[] = [];
  for (const line of lines) {
    const [first, ...others] = places.filter((one) => line.partition < (one.partitionsOf.get(line.topic) ?? 0));
    if (first === undefined) unmirrored.push(line);
    else if (others.length > 0) ambiguous.push(line);
    else mirrored.push({ flow: first.flow, line });
  }
  const byFlow = Map.groupBy(mirrored, (one) => one.flow);
  return {
    lines: new Map([...byFlow].map(([flow, found]) => [flow, found.map((one) => one.line)])),
    left: [...unmirrored, ...ambiguous],
    diagnostics: [
      ...named(unmirrored, (line) =>
        diagnostic('KP6041', {
          file,
          line: line.line,
          summary: `No flow mirrors ${placeOf(line)} (line ${line.line}).`,
        }),
      ),
      ...named(ambiguous, (line) =>
        diagnostic('KP6042', {
          file,
          line: line.line,
          summary: `Several flows mirror ${placeOf(line)} (line ${line.line}).`,
        }),
      ),
    ],
  };
}

function placeOf({ topic, partition }: OffsetLine): string {
  return `${topic}:${partition}`;
}

function named(lines: readonly OffsetLine[], tell: (line: OffsetLine) => Diagnostic): Diagnostic[] {
  const [first] = lines;
  if (first === undefined) return [];
  const rest = lines.length - namedMax;
  const told = lines.slice(0, namedMax).map(tell);
  if (rest <= 0) return told;
  const { code, file } = tell(first);
  return [
    ...told,
    diagnostic(code, { file, summary: `The same holds for ${rest} more ${rest === 1 ? 'line' : 'lines'}.` }),
  ];
}
