/** One kind of finding. A code is never given to another kind, not even when its first kind is gone. */
export interface CodeDefinition {
  readonly title: string;
  readonly severity: 'error' | 'warning' | 'note';
  /** How a user comes to see it. */
  readonly cause: string;
  /** General advice; a finding may give a better one. Empty: nothing needs to be done. */
  readonly fix: string;
}

export type CodeTable = Readonly<Record<`KP${number}`, CodeDefinition>>;
