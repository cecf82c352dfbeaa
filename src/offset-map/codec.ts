import { appendRun, sourceEnd, targetEnd } from './append.ts';
import type { Segment } from './segment.ts';

/**
 * Segments as text: three numbers each, the gap to the segment before at the source, the same at the target, and the
 * length; the first one's gaps are its offsets. Numbers are base 32, lowest digit first, every digit but a number's last
 * with 32 added, written in the alphabet of base64: usually 4 to 8 characters a segment, and no separators.
 */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const digits: ReadonlyMap<string, number> = new Map([...alphabet].map((character, digit) => [character, digit]));
/** Kafka's offsets are int64. */
const offsetMax = 2n ** 63n - 1n;
/** Digits that an int64 needs. */
const digitsMax = 13;
/** Far above what one record holds; a longer text is none of ours. */
export const encodedSegmentsCharactersMax = 1_048_576;

export type DecodedSegments = { readonly segments: Segment[] } | { readonly problem: string };

/**
 * Segments in order, as `appendRun` made them; equal lists give equal texts. `before` is the last segment of a text that
 * this one goes on with. Throws where they are not in order.
 */
export function encodeSegments(segments: readonly Segment[], before?: Segment): string {
  const joined: Segment[] = before === undefined ? [] : [before];
  for (const segment of segments) appendRun(joined, segment);
  let source = 0n;
  let target = 0n;
  let text = '';
  if (before !== undefined) {
    if (joined.shift() !== before) throw new RangeError('The segment before does not end where it did.');
    source = sourceEnd(before);
    target = targetEnd(before);
  }
  for (const segment of joined) {
    text +=
      encodeNumber(segment.source - source) + encodeNumber(segment.target - target) + encodeNumber(segment.length);
    source = sourceEnd(segment);
    target = targetEnd(segment);
  }
  return text;
}

/** Takes exactly what `encodeSegments` writes; anything else, another spelling of the same list too, is a problem. */
export function decodeSegments(text: string): DecodedSegments {
  if (text.length > encodedSegmentsCharactersMax) return { problem: `it has ${text.length} characters` };
  const segments: Segment[] = [];
  let at = 0;
  let source = 0n;
  let target = 0n;
  while (at < text.length) {
    const sourceGap = decodeNumber(text, at);
    const targetGap = sourceGap && decodeNumber(text, sourceGap.next);
    const length = targetGap && decodeNumber(text, targetGap.next);
    if (!length) return { problem: `no number at character ${at}, or behind it` };
    if (length.value === 0n) return { problem: `an empty segment at character ${at}` };
    if (at > 0 && sourceGap.value === 0n && targetGap.value === 0n) {
      return { problem: `two segments that are one at character ${at}` };
    }
    const segment = { source: source + sourceGap.value, target: target + targetGap.value, length: length.value };
    source = sourceEnd(segment);
    target = targetEnd(segment);
    if (source > offsetMax || target > offsetMax) return { problem: `an offset above int64 at character ${at}` };
    segments.push(segment);
    at = length.next;
  }
  return { segments };
}

/** The first segment's offsets on both sides; null where the text has none. */
export function firstOfText(text: string): Pick<Segment, 'source' | 'target'> | null {
  const source = decodeNumber(text, 0);
  const target = source && decodeNumber(text, source.next);
  return target === undefined || source === undefined ? null : { source: source.value, target: target.value };
}

function encodeNumber(value: bigint): string {
  if (value < 0n || value > offsetMax) throw new RangeError(`${value} is no offset.`);
  let rest = value;
  let text = '';
  while (rest >= 32n) {
    text += alphabet.charAt(Number(rest & 31n) + 32);
    rest >>= 5n;
  }
  return text + alphabet.charAt(Number(rest));
}

/** undefined where the text ends, holds another character, or writes a number longer than it must be. */
function decodeNumber(text: string, at: number): { readonly value: bigint; readonly next: number } | undefined {
  let value = 0n;
  for (let index = 0; index < digitsMax; index += 1) {
    const digit = digits.get(text.charAt(at + index));
    if (digit === undefined) return undefined;
    if (digit === 0 && index > 0) return undefined;
    value |= BigInt(digit & 31) << BigInt(5 * index);
    if (digit < 32) return { value, next: at + index + 1 };
  }
  return undefined;
}
