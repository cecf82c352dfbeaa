import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

/** Native code and WebAssembly stay packages of their own. */
const external = ['@node-rs/crc32', '@platformatic/wasm-utils'];

/**
 * `npm run build`: the program in dist/bin, a file for each group of modules that is loaded together. Node takes 0.4 s to
 * find and evaluate the Kafka client's 330 modules, three times as long as to plan 1,000 topics.
 *
 * What of that client is not imported by name is left out: none of its modules acts on another one. It compiles its
 * options' schemas while it loads; nobody uses them, so that they and AJV, a quarter of what `plan` loads, are left out too.
 */
export async function bundle(): Promise<void> {
  const root = dirname(import.meta.dirname);
  const bundled = await rolldown({
    cwd: root,
    input: { kplan: 'src/cli/main.ts' },
    platform: 'node',
    external,
    treeshake: {
      moduleSideEffects: [{ test: /[\\/](?:@platformatic[\\/]kafka|ajv)[\\/]/, sideEffects: false }],
      manualPureFunctions: ['ajv.compile', 'ajv.addKeyword'],
    },
    plugins: [{ name: 'pure-ajv', transform: markPure }],
  });
  try {
    await bundled.write({ dir: join(root, 'dist/bin'), format: 'esm', sourcemap: true, cleanDir: true });
  } finally {
    await bundled.close();
  }
}

/** `manualPureFunctions` holds for calls, not for `new`. */
function markPure(code: string, module: string) {
  if (!/[\\/]@platformatic[\\/]kafka[\\/]dist[\\/]utils\.js$/u.test(module)) return undefined;
  return { code: code.replace('new Ajv2020(', '/* @__PURE__ */ new Ajv2020('), map: null };
}

if (import.meta.main) await bundle();
