import type { Engine } from '../engine/engine.ts';

/** An engine that starts with the first call: many a question about a table is answered by its log alone. */
export function lazyEngine(start: () => Promise<Engine>, version = ''): Engine {
  let started: Promise<Engine> | undefined;
  const engine = (): Promise<Engine> => (started ??= start());
  return {
    name: 'duckdb',
    version,
    query: async (request, options) => (await engine()).query(request, options),
    stage: async (request, options) => (await engine()).stage(request, options),
    export: async (request, options) => (await engine()).export(request, options),
    describe: async (request) => (await engine()).describe(request),
    parse: async (statements) => (await engine()).parse(statements),
    print: async (trees) => (await engine()).print(trees),
    plan: async (request) => (await engine()).plan(request),
    readParquet: async (location) => (await engine()).readParquet(location),
    readPackedParquet: async (request) => (await engine()).readPackedParquet(request),
    writeParquet: async (request) => (await engine()).writeParquet(request),
    infer: async (request) => (await engine()).infer(request),
    close: async () => {
      if (started !== undefined) await (await started).close();
    },
  };
}
