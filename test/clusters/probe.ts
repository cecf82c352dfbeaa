import { execa } from 'execa';
import { javaFile } from './java.ts';
import { javaMajorOf } from './origin.ts';

const probeTimeoutMs = 20_000;

export interface Machine {
  readonly docker: boolean;
  readonly javaMajor: number;
  readonly maven: boolean;
}

let probed: Promise<Machine> | undefined;

/** Looks once a process for a container runtime, Java and Maven. */
export function probeMachine(): Promise<Machine> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<Machine> {
  const [docker, javaMajor, maven] = await Promise.all([probeDocker(), probeJava(), probeMaven()]);
  return { docker, javaMajor, maven };
}

/** Environment variable in which the runner passes on what it found (yes or no): loading testcontainers takes a second. */
export const dockerVariable = 'KPLAN_TEST_DOCKER';

async function probeDocker(): Promise<boolean> {
  const known = process.env[dockerVariable];
  if (known === 'yes' || known === 'no') {
    return known === 'yes';
  }
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

async function probeJava(): Promise<number> {
  const { stderr, failed } = await execa(javaFile(), ['-version'], { reject: false, timeout: probeTimeoutMs });
  return failed ? 0 : javaMajorOf(stderr);
}

async function probeMaven(): Promise<boolean> {
  const { failed } = await execa('mvn', ['--version'], { reject: false, timeout: probeTimeoutMs });
  return !failed;
}
