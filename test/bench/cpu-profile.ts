import { readdir, readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What Node writes with `--cpu-prof` (`Profiler.Profile` of the DevTools protocol). Times in microseconds. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children?: readonly number[];
}

/**
 * Parts of the program, by the function that was at work or the source file it stands in; the first that fits counts. What
 * fits none (Node's own functions, such as copying) belongs to whoever called it.
 */
const parts = [
  ['idle', /^\(idle\)$/],
  ['garbage collection', /^\(garbage collector\)$/],
  ['native: socket reads, polling', /^\(program\)$/],
  ['CRC', /runner\/records\/crc\.ts|node-rs/],
  ['header restamp', /runner\/records\/restamp\.ts/],
  [
    'joining, encoding again',
    /runner\/records\/(join|reencode|section|seal|codecs|lz4|snappy|open|record-cursor|varint)/,
  ],
  ['cutting answers into batches', /runner\/records\/|native\/intake\.ts/],
  ['sockets in Node', /^node:(net|internal\/stream|internal\/streams|events|tty|internal\/timers|internal\/process)/],
  ['queues, sessions, positions', /runner\/engines\/|src\/offset-map\/|src\/state\//],
  ['requests and answers', /runner\/kafka\/|@platformatic\/kafka/],
  ['start, planning, state', /runner\/|src\/|node_modules|^node:internal\/modules|^node:vm/],
] as const satisfies readonly (readonly [string, RegExp])[];

export type Part = (typeof parts)[number][0];
export const partNames: readonly Part[] = parts.map(([name]) => name);

/** Milliseconds of the main thread by part, of the one profile in the folder. */
export async function timeByPart(folder: string): Promise<Readonly<Record<Part, number>>> {
  const [file] = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error(`no CPU profile in ${folder}`);
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile;
  const partOf = await partsOf(nodes);
  const times = Object.fromEntries(partNames.map((name) => [name, 0])) as Record<Part, number>;
  for (const [index, id] of samples.entries()) {
    times[partOf.get(id) ?? 'start, planning, state'] += (timeDeltas[index] ?? 0) / 1000;
  }
  return times;
}

async function partsOf(nodes: readonly ProfileNode[]): Promise<ReadonlyMap<number, Part>> {
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const found = new Map<number, Part>();
  const maps = new Map<string, SourceMap | null>();
  // Callers stand before those that they call.
  for (const node of nodes) {
    const { functionName, url } = node.callFrame;
    const source = url.startsWith('file:') ? await sourceOf(node, maps) : url;
    const own = parts.find(([, fits]) => fits.test(url === '' ? functionName : source))?.[0];
    const part = own ?? found.get(callers.get(node.id) ?? -1);
    if (part !== undefined) found.set(node.id, part);
  }
  return found;
}

/** The source file of a function in the built program. */
async function sourceOf({ callFrame }: ProfileNode, maps: Map<string, SourceMap | null>): Promise<string> {
  const { url, lineNumber, columnNumber } = callFrame;
  if (!maps.has(url)) {
    const text = await readFile(`${fileURLToPath(url)}.map`, 'utf8').catch(() => null);
    maps.set(url, text === null ? null : new SourceMap(JSON.parse(text)));
  }
  const entry = maps.get(url)?.findEntry(lineNumber, columnNumber);
  return entry !== undefined && 'originalSource' in entry ? entry.originalSource : url;
}
