import { readFile } from 'node:fs/promises';

/** Ticks a second of /proc/PID/stat (USER_HZ is 100 on every Linux that Node runs on). */
const ticksPerSecond = 100;

/** What the kernel accounts to one process; the last reading stays where the process has ended. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  /** Of them, in the kernel. */
  readonly systemSeconds: number;
  readonly peakMemoryMb: number;
  /** Of files and sockets, by read(2), write(2) and their like. */
  readonly readBytes: number;
  readonly writtenBytes: number;
}

export const noFigures: ProcessFigures = {
  ...{ cpuSeconds: 0, systemSeconds: 0, peakMemoryMb: 0 },
  ...{ readBytes: 0, writtenBytes: 0 },
};

/** User and system CPU seconds and the largest resident set of a live process (Linux only); undefined once it is gone. */
export async function readProcess(pid: number): Promise<ProcessFigures | undefined> {
  try {
    const [stat, status, io] = await Promise.all(
      ['stat', 'status', 'io'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
    );
    if (stat === undefined || status === undefined || io === undefined) return undefined;
    const counted = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1]);
    // Fields 14 and 15 (proc(5)), counted after the command name, which may hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const peakKb = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
    if (peakKb === undefined) {
      return undefined;
    }
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      systemSeconds: Number(fields[12]) / ticksPerSecond,
      peakMemoryMb: Math.round(Number(peakKb) / 1024),
      readBytes: counted('rchar'),
      writtenBytes: counted('wchar'),
    };
  } catch {
    return undefined;
  }
}
