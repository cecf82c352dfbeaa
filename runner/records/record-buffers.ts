/** Buffers for records, used again: large ones that come and go by the second cost page faults and garbage collections. */
export interface RecordBuffers {
  /** Bytes of nobody else, contents undefined. */
  take(byteCount: number): Buffer;
  /** Gives back what `take` gave, once: nobody may look at it any more. What is not given back is left to the collector. */
  give(buffer: Buffer): void;
}

/** Smaller ones are not kept: they are cheap, and many. */
export const keptBytesMin = 65_536;

/** Sizes go in steps of a quarter of a power of two, so that one that was given back fits again. */
const stepsPerPower = 4;

/** `spareBytesMax`: what may lie here unused; the oldest are let go beyond it. */
export function recordBuffers(spareBytesMax: number): RecordBuffers {
  const spare: ArrayBuffer[] = [];
  let spareBytes = 0;
  return {
    take(byteCount) {
      if (byteCount < keptBytesMin) return Buffer.allocUnsafeSlow(byteCount);
      const size = sizeFor(byteCount);
      const index = spare.findLastIndex((one) => one.byteLength === size);
      const [found] = index < 0 ? [] : spare.splice(index, 1);
      if (found === undefined) return Buffer.allocUnsafeSlow(size).subarray(0, byteCount);
      spareBytes -= size;
      return Buffer.from(found, 0, byteCount);
    },
    give({ buffer }) {
      if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < keptBytesMin) return;
      spare.push(buffer);
      spareBytes += buffer.byteLength;
      while (spareBytes > spareBytesMax) spareBytes -= spare.shift()?.byteLength ?? spareBytes;
    },
  };
}

/** The least size of the steps that holds so many bytes. */
function sizeFor(byteCount: number): number {
  const step = 2 ** Math.floor(Math.log2(byteCount)) / stepsPerPower;
  return Math.ceil(byteCount / step) * step;
}
