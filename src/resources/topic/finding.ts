import type { DiagnosticCode } from '../../diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { named } from '../../diagnostics/named.ts';

/** Something found on one topic. A thousand topics with the same finding make one diagnostic. */
export interface Finding {
  readonly code: DiagnosticCode;
  readonly address: string;
  /** The topic's name on its cluster. */
  readonly topic: string;
  /** What the finding says of topics, so that `orders: ${says}` and `12 topics: ${says}` are sentences. */
  readonly says: string;
  /** This topic's own numbers; shown where the finding is about one topic alone. */
  readonly detail?: string;
  readonly fix?: string;
}

/** One diagnostic for each code, sentence and fix, in the order of their first finding. */
export function diagnosticsOf(findings: readonly Finding[]): readonly Diagnostic[] {
  const alike = Map.groupBy(findings, (finding) => `${finding.code} ${finding.says} ${finding.fix ?? ''}`);
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [diagnosticOf(first, group)];
  });
}

function diagnosticOf(first: Finding, group: readonly Finding[]): Diagnostic {
  const names = [...new Set(group.map((finding) => finding.topic))];
  if (names.length === 1) {
    const { address, topic, says, detail, fix } = first;
    return diagnostic(first.code, { address, summary: `Topic ${topic}: ${says}.`, detail, fix });
  }
  return diagnostic(first.code, {
    summary: `${names.length} topics: ${first.says}.`,
    detail: named(names),
    fix: first.fix,
  });
}
