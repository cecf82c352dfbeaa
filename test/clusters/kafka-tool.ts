import { execa } from 'execa';
import { archiveFlags } from './class-archive.ts';
import { classPath } from './jars.ts';
import { fastStartFlags, javaFile, logFlags } from './java.ts';
import type { KafkaVersion } from './options.ts';

const toolTimeoutMs = 300_000;

/** A command line: what `spawn` and `execa` take. */
export interface ToolCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The command that runs a class of Kafka's own jars in a JVM of this machine. `jvmFlags` replaces the flags for a short
 * run: give it for a bench. For a tool that goes on until it is told to stop (`org.apache.kafka.connect.mirror.MirrorMaker`)
 * give the command to execa. Throws where the jars can't be had.
 */
export async function kafkaToolCommand(
  version: KafkaVersion,
  mainClass: string,
  args: readonly string[],
  jvmFlags?: readonly string[],
): Promise<ToolCommand> {
  const flags = jvmFlags ?? [...fastStartFlags, ...(await archiveFlags(version))];
  return {
    file: javaFile(),
    args: [...flags, ...logFlags, '-cp', await classPath(version), mainClass, ...args],
  };
}

export interface ToolOptions {
  /** Standard input. Default: none. */
  readonly input?: string | Uint8Array;
  /** Killed after so many milliseconds. Default 300,000. */
  readonly timeoutMs?: number;
  readonly jvmFlags?: readonly string[];
}

/**
 * Runs one of Kafka's own tools to its end, such as `org.apache.kafka.tools.consumer.ConsoleConsumer`. Throws where it exits
 * with anything but 0; the error's message holds what it printed.
 */
export async function runKafkaTool(
  version: KafkaVersion,
  mainClass: string,
  args: readonly string[],
  { input, timeoutMs = toolTimeoutMs, jvmFlags }: ToolOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  const command = await kafkaToolCommand(version, mainClass, args, jvmFlags);
  const { stdout, stderr } = await execa(command.file, command.args, {
    timeout: timeoutMs,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  return { stdout, stderr };
}
