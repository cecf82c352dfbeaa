import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

/** Native code and WebAssembly stay packages of their own. */
const external = ['@node-rs/crc32', '@platformatic/wasm-utils'];

/**
 * `npm run build`: the program in dist/bin, a file for each group of modules that is loaded together. Node takes 0.4 s to
 * find and evaluate the Kafka client's 330 modules, three times as long as to plan 1,000 topics.
 *
 * What of that client is not imported by name is left out: none of its modules acts on another one. It compiles its
 * options' schemas while it loads (`ajv.compile`); those that nobody uses are left out too.
 */
export async function bundle(): Promise<void> {
  const root = dirname(import.meta.dirname);
  const bundled = await rolldown({
    cwd: root,
    input: { kplan: 'src/cli/main.ts' },
    platform: 'node',
    external,
    treeshake: {
      moduleSideEffects: [{ test: /[\\/]@platformatic[\\/]kafka[\\/]/, sideEffects: false }],
      manualPureFunctions: ['ajv.compile'],
    },
  });
  try {
    await bundled.write({ dir: join(root, 'dist/bin'), format: 'esm', sourcemap: true, cleanDir: true });
  } finally {
    await bundled.close();
  }
}

if (import.meta.main) await bundle();
