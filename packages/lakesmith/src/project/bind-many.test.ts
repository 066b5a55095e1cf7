import { beforeAll, expect, it } from 'vitest';
import { bindProject } from './bind.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { memoryProjectFiles } from './files.ts';
import { loadProject } from './load.ts';
import { mapMemory } from './map-memory.test-suite.ts';
import type { SqlCompiler } from '../sql/compiler.ts';

let compiler: SqlCompiler;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});

const count = 450;

/** More models than are read or bound together: each reads the one before it, whose column it makes wider, and one far back. */
function fileOf(i: number): string {
  const settings = `/* ---\\nexpect:\\n  warn:\\n    right: n >= 0\\n${i === 300 ? '    wrong: n + 1\\n' : ''}--- */\\n`;
  if (i === 0) return `${settings}select cast(1 as integer) as n, 'x' as word`;
  const wanted = i === 420 ? 'b.gone' : 'b.word';
  const type = i === 250 ? 'bigint' : i === 350 ? 'varchar' : '';
  const n = type === '' ? 'a.n' : `cast(a.n as ${type})`;
  return `${settings}select ${n} as n, ${wanted} as word from silver.m${i - 1} a join silver.m${i >> 1} b on true`;
}

it('binds models together as it binds each after those that it reads', async () => {
  const files = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`silver/m${i}.sql`, fileOf(i).replaceAll('\\n', '\n')]),
  );
  const project = await loadProject(
    memoryProjectFiles({ 'lakesmith.yml': 'lakesmith: 1\nname: many\nlake: ./lake\n', ...files }),
    { environment: undefined, env: {}, compiler, memory: mapMemory() },
  );
  const { bound, diagnostics } = await bindProject(project, compiler, { schemas: new Map() });
  expect([...bound.schemas.keys()]).toEqual([...project.tables.keys()]);
  const typeOf = (i: number): unknown => bound.schemas.get(`silver.m${i}`)?.[0]?.type;
  expect([0, 249, 250, 349, 350, 419].map(typeOf)).toEqual(['integer', 'integer', 'long', 'long', 'string', 'string']);
  // What is made from what is wrong is not known.
  expect([420, 421, count - 1].map(typeOf)).toEqual([undefined, undefined, undefined]);
  // From 350 to 419 the column is a text, which no number can be compared with.
  const broken = [300, ...Array.from({ length: 70 }, (_, i) => 350 + i)].map((i) => `LS1102 silver/m${i}.sql`);
  const found = diagnostics.map(({ code, place }) => `${code} ${place?.file ?? ''}`);
  expect(found.toSorted()).toEqual([...broken, 'LS1204 silver/m420.sql'].toSorted());
});
