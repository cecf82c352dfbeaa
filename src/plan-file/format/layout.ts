import {
  type Document,
  isMap,
  isNode,
  isScalar,
  type Node,
  Scalar,
  type ScalarTag,
  type Tags,
  type ToStringOptions,
  visit,
} from 'yaml';

/** A list or map in `[]` or `{}` that reaches further right, or holds a comment, is written as a block. */
const flowWidthMax = 120;
/** Where text in the folded style (`>`) is folded. */
const foldWidth = 100;

/**
 * YAML's failsafe schema: every plain scalar is text that is written as it was read, so that no digit and no spelling of
 * a number changes; quotes stay as they are.
 */
export const layoutSchema = { version: '1.2', schema: 'failsafe', uniqueKeys: false, customTags: layoutTags } as const;

const textOptions: ToStringOptions = {
  indent: 2,
  indentSeq: true,
  lineWidth: 0,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
};

/** The text of a document with `layoutSchema`, in the layout of plan files. Changes the document's flow styles. */
export function layoutText(document: Document): string {
  const keyWidths = new Map<unknown, number>();
  visit(document, {
    Pair: (_key, { key, value }) => {
      keyWidths.set(value, isScalar(key) ? String(key.value).length : 0);
      if (isNode(value)) value.spaceBefore = false;
    },
    Node: (_key, node) => joinBlankLines(node),
    Collection: (_key, node) => {
      joinBlankLines(node);
      const write = node.toString.bind(node);
      const padding = isMap(node) ? ' ' : '';
      node.toString = (ctx, onComment, onChompKeep) => {
        if (ctx === undefined) return write();
        const padded = { ...ctx, flowCollectionPadding: padding };
        const text = write(padded, onComment, onChompKeep);
        const width = ctx.indent.length + (keyWidths.get(node) ?? 0) + text.length;
        const isOuterFlow = node.flow === true && ctx.inFlow !== true && node.items.length > 0;
        if (!isOuterFlow || (width <= flowWidthMax && !text.includes('\n'))) return text;
        node.flow = false;
        return write(padded, onComment, onChompKeep);
      };
    },
  });
  return document.toString(textOptions);
}

/** Of several empty lines around a comment one is left. */
function joinBlankLines(node: Node): void {
  const joined = node.commentBefore?.replaceAll(/\n{3,}/gu, '\n\n').replace(/\n+$/u, '\n');
  if (joined !== undefined) node.commentBefore = joined;
}

function layoutTags(tags: Tags): Tags {
  return tags.map((tag) => {
    return typeof tag === 'string' || tag.collection !== undefined ? tag : scalarLayout(tag);
  });
}

function scalarLayout(tag: ScalarTag): ScalarTag {
  const { stringify } = tag;
  if (stringify === undefined) return tag;
  return {
    ...tag,
    stringify(item, ctx, onComment, onChompKeep) {
      const lineWidth = item.type === Scalar.BLOCK_FOLDED ? foldWidth : 0;
      return stringify(item, { ...ctx, options: { ...ctx.options, lineWidth } }, onComment, onChompKeep);
    },
  };
}
