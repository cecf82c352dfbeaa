import type { CST } from 'yaml';

type Block = CST.BlockMap | CST.BlockSequence;
type Item = Block['items'][number];

/**
 * Gives comments at the end of a map or list to what follows where they stand further left than its entries: the parser
 * does so only where no comment of the entries' own column stands before them.
 */
export function outdentComments(document: CST.Document): void {
  if (!isBlock(document.value)) return;
  const tokens = outdentBlock(document.value);
  if (tokens.length > 0) document.end = [...tokens, ...(document.end ?? [])];
}

/** @returns the tokens that belong behind this block */
function outdentBlock(block: Block): CST.SourceToken[] {
  const items: Item[] = block.items;
  for (let index = 0; index < items.length; index += 1) {
    const value = items[index]?.value;
    const tokens = isBlock(value) ? outdentBlock(value) : [];
    if (tokens.length === 0) continue;
    const next = items[index + 1];
    if (next === undefined) items.push({ start: tokens });
    else next.start.unshift(...tokens);
  }
  const last = items.at(-1);
  if (last === undefined || last.key || last.sep || last.value) return [];
  const first = last.start.findIndex((token) => token.type === 'comment' && token.indent < block.indent);
  if (first === -1) return [];
  const before = last.start.slice(0, first).findLastIndex((token) => token.type === 'comment');
  const lineEnd = last.start.findIndex((token, index) => index > before && token.type === 'newline');
  const cut = before === -1 ? 0 : lineEnd + 1;
  const tokens = last.start.splice(cut);
  if (last.start.length === 0) items.pop();
  return tokens;
}

function isBlock(token: CST.Token | null | undefined): token is Block {
  return token?.type === 'block-map' || token?.type === 'block-seq';
}
