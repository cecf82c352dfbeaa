import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which kernels take the ports of outgoing connections, so that a stopped broker finds its port free again. */
const portMin = 20_000;
const portMax = 32_000;
const attemptsMax = 200;

const given = new Set<number>();

/** `count` different TCP ports that are free on 127.0.0.1 now and that this process has not given out before. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; attempt < attemptsMax && ports.length < count; attempt++) {
    const port = randomInt(portMin, portMax);
    if (given.has(port) || !(await isFree(port))) {
      continue;
    }
    given.add(port);
    ports.push(port);
  }
  if (ports.length < count) {
    throw new Error(`no ${count} free ports between ${portMin} and ${portMax} on 127.0.0.1`);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
