/** Lines after which something secret may stand, whatever their form. */
const secretWord = /pass(?:word|phrase|wort)?|secret|token|credential|sasl(?!_)|jaas|\bpwd?\b|(?<![-\w])key\b|\S@\S/iu;
/** Such a line whose value stands below it; whoever forgot to indent it gets it hidden too, up to the next key. */
const valueBelow = /[:|>][-+]?\s*(?:#.*)?$/u;
const looksLikeKey = /^\s*(?:[-?]\s+)*["']?[\w.-]+["']?\s*:(?:\s|$)/u;
const connectionKey = /^(?<before>.*?(?:^|[\s{,"'?-]))(?:(?:auth|tls)["']?\s*:|\?\s*["']?(?:auth|tls)\b)/u;

/**
 * The text of a plan file as it may be shown: every line that belongs to an `auth` or `tls`, and every line with a word
 * that goes with secrets, is blank. Works on the bare text, since a file that is no YAML is shown too. Line numbers stay.
 */
export function shownSource(text: string): string {
  let hiddenIndent: number | undefined;
  let isBelow = false;
  const lines = text.split('\n').map((line) => {
    const indent = line.search(/\S/u);
    const isNext = indent !== -1 && indent <= (hiddenIndent ?? -1) && !line.trimStart().startsWith(':');
    if (isNext) hiddenIndent = undefined;
    const key = connectionKey.exec(line)?.groups?.before;
    if (hiddenIndent === undefined && key !== undefined) hiddenIndent = Math.max(indent, 0);
    if (looksLikeKey.test(line)) isBelow = false;
    const isHidden = hiddenIndent !== undefined || isBelow || secretWord.test(line);
    if (isHidden && secretWord.test(line) && valueBelow.test(line)) isBelow = true;
    return isHidden ? '' : line;
  });
  return lines.join('\n');
}
