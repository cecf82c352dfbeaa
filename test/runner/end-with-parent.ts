/** Loaded into every test file's process: it ends when the runner is gone, even where the runner was killed. */
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
