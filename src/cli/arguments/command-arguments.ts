import type { Command } from 'commander';
import type { AnyFormat, LogLevel, OutputFormat } from '../io.ts';

/** Flags that every command takes, before or after its name. */
export interface GlobalFlags<Format extends AnyFormat = OutputFormat> {
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly logLevel: LogLevel;
  readonly format: Format;
}

/** How the flags of one command become its options: text in, checked values out. */
export interface CommandArguments<Options> {
  readonly name: string;
  /** Says what there is to say on the command line, an example too. */
  readonly describe: (command: Command) => Command;
  /** What `--format` takes here, which is seen to before `parse`. Absent: text and json. */
  readonly formats?: readonly AnyFormat[];
  /** Flags as commander gives them, already checked one by one, and put together here. */
  readonly parse: (command: Command) => Options;
}

/** Shown below the flags by `--help`, where a command has more than text and JSON. */
export function formatsNote(formats: readonly AnyFormat[]): string {
  return `\nFormats: ${formats.join(', ')}\n`;
}

/** Shown below the flags by `--help`. */
export function example(lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
