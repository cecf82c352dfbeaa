import { execa } from 'execa';
import { javaFile } from './java.ts';
import { javaMajorOf } from './origin.ts';

const probeTimeoutMs = 20_000;

export interface Machine {
  readonly docker: boolean;
  readonly javaMajor: number;
  /** What `java -version` prints; empty where there is none. */
  readonly java: string;
  readonly maven: boolean;
}

let probed: Promise<Machine> | undefined;

/** Environment variable in which the runner passes on what it found, as JSON: to look takes each file two JVMs and a second. */
export const machineVariable = 'KPLAN_TEST_MACHINE';

/** Looks once a run for a container runtime, Java and Maven. */
export function probeMachine(): Promise<Machine> {
  const known = process.env[machineVariable];
  probed ??= known === undefined ? probe() : Promise.resolve(JSON.parse(known) as Machine);
  return probed;
}

async function probe(): Promise<Machine> {
  const [docker, java, maven] = await Promise.all([probeDocker(), probeJava(), probeMaven()]);
  return { docker, javaMajor: javaMajorOf(java), java, maven };
}

async function probeDocker(): Promise<boolean> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

async function probeJava(): Promise<string> {
  const { stderr, failed } = await execa(javaFile(), ['-version'], { reject: false, timeout: probeTimeoutMs });
  return failed ? '' : stderr;
}

async function probeMaven(): Promise<boolean> {
  const { failed } = await execa('mvn', ['--version'], { reject: false, timeout: probeTimeoutMs });
  return !failed;
}
