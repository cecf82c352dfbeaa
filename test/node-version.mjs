// Plain JavaScript, so that a Node that can't run TypeScript can still say so (npm's pretest, and test/run.ts first of all).
const majorMin = 24;
if (Number(process.versions.node.split('.')[0]) < majorMin) {
  process.stderr.write(
    `kplan's tests need Node ${majorMin}; this is ${process.version} (${process.execPath}).\n` +
      `\`npm ci\` installs the right one into node_modules/.bin, unless --ignore-scripts keeps it from doing so.\n`,
  );
  process.exit(1);
}
