import { registerHooks } from 'node:module';
import { mutations } from './mutations.ts';

/** Loaded before a test: puts the mistake of KPLAN_TEST_MUTATION, an index, into the engine as it is loaded. */
const mutation = mutations[Number(process.env.KPLAN_TEST_MUTATION)];
if (mutation === undefined) throw new Error('KPLAN_TEST_MUTATION is no index of a mutation');
const { file, from, to } = mutation;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/${file}`)) return loaded;
    return { ...loaded, source: String(loaded.source).replace(from, () => to) };
  },
});
