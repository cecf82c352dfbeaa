import type { Command } from 'commander';
import type { LogLevel, OutputFormat } from '../io.ts';

/** Flags that every command takes, before or after its name. */
export interface GlobalFlags {
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly logLevel: LogLevel;
  readonly format: OutputFormat;
}

/** How the flags of one command become its options: text in, checked values out. */
export interface CommandArguments<Options> {
  readonly name: string;
  /** Says what there is to say on the command line, an example too. */
  readonly describe: (command: Command) => Command;
  /** Flags as commander gives them, already checked one by one, and put together here. */
  readonly parse: (command: Command) => Options;
}

/** Shown below the flags by `--help`. */
export function example(lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
