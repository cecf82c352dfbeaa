import type { CodeDefinition } from '../src/diagnostics/codes/code-definition.ts';
import { codes } from '../src/diagnostics/codes.ts';
import { isSwitchable } from '../src/execution-plan/switch-rules.ts';
import { escaped, madeFrom, table } from './markdown.ts';

/** What the first digit of a code tells. */
const parts: Readonly<Record<string, string>> = {
  KP1: 'The plan file',
  KP2: 'Planning and rules',
  KP3: 'Clusters and connections',
  KP4: 'Plans, apply and the command line',
  KP5: 'Mirroring',
  KP6: 'Groups, offsets and verify',
};

/** A page with every diagnostic: what it means, where it comes from, what to do. */
export function generateDiagnosticsPage(): string {
  const all: readonly (readonly [string, CodeDefinition])[] = Object.entries(codes).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const byPart = Map.groupBy(all, ([code]) => code.slice(0, 3));
  const sections = [...byPart].map(([part, members]) => sectionOf(parts[part] ?? part, members));
  return `${madeFrom('src/diagnostics/codes')}
# Diagnostics

Every finding of kplan has a code that keeps its meaning for ever. An error ends a command with exit code 1, a warning
or a note does not. Codes with _can be switched_ take another severity, or \`off\`, in the plan file:

\`\`\`yaml
policies:
  rules:
    KP2104: off
    KP2703: { level: note, reason: the archive is read within a day, until: 2027-03-31 }
\`\`\`

${sections.join('\n')}`;
}

function sectionOf(title: string, members: readonly (readonly [string, CodeDefinition])[]): string {
  const overview = table(
    ['Code', 'Severity', 'Title'],
    members.map(([code, one]) => [`[${code}](#${code.toLowerCase()})`, one.severity, escaped(one.title)]),
  );
  return `## ${title}\n\n${overview}\n${members.map(([code, one]) => entryOf(code, one)).join('\n')}`;
}

function entryOf(code: string, { title, severity, cause, fix }: CodeDefinition): string {
  const switchable = isSwitchable(code) ? ', can be switched' : '';
  const advice = fix === '' ? '' : `\nFix: ${escaped(fix)}\n`;
  return `### ${code}\n\n**${escaped(title)}** (${severity}${switchable})\n\n${escaped(cause)}\n${advice}`;
}
