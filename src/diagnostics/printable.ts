const controlCharacters = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** Text that may go to a terminal: escape sequences and direction marks that a plan file may hold become `\u{...}`. */
export function printable(text: string): string {
  return text.replace(controlCharacters, (one) => `\\u{${one.codePointAt(0)?.toString(16) ?? ''}}`);
}
