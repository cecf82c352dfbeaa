#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

/** The commands stand in commands.ts. They are imported behind the cache: what is imported statically is compiled before it. */
enableCompileCache();
const { commands } = await import('./commands.ts');
const { runProgram } = await import('./run-program.ts');
const { exitWith } = await import('./terminal.ts');

await exitWith(await runProgram(process.argv, commands));
