/** What a repetition without an end is counted as. */
const openRepeatSize = 2;

/**
 * About how many instructions RE2 makes of an expression: `(a{30}){30}` is 900. Counted without compiling, since a
 * short expression can make a huge program. Never less than the expression's length without its repetitions.
 */
export function expressionSize(expression: string): number {
  const outer: number[] = [];
  let size = 0;
  let atom = 0;
  for (let at = 0; at < expression.length; at += 1) {
    const char = expression[at];
    const repeat = char === '{' ? /^\{(?<fewest>\d+)(?:,(?<most>\d*))?\}/u.exec(expression.slice(at, at + 16)) : null;
    if (repeat?.groups !== undefined) {
      const { fewest, most } = repeat.groups;
      const times = Math.max(Number(fewest), Number(most ?? 0)) + (most === '' ? openRepeatSize : 0);
      size += atom * Math.max(times - 1, 0);
      atom *= Math.max(times, 1);
      at += repeat[0].length - 1;
    } else if (char === '(') {
      outer.push(size);
      size = 0;
      atom = 0;
    } else if (char === ')') {
      atom = size + 2;
      size = atom + (outer.pop() ?? 0);
    } else {
      if (char === '\\') at += 1;
      atom = 1;
      size += 1;
    }
  }
  return outer.reduce((sum, one) => sum + one, size);
}
