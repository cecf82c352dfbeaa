import { planFileLimits } from '../plan-file/limits.ts';

/** The bytes of standard input, at most one beyond what a plan file may have: what is longer is refused anyway. */
export async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > planFileLimits.bytesMax) break;
  }
  return Buffer.concat(chunks);
}
