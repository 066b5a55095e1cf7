import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { joinModules } from './join-modules.ts';

const run = (modules: Readonly<Record<string, string>>, entry = 'main'): unknown => {
  const told: unknown[] = [];
  runInNewContext(joinModules(new Map(Object.entries(modules)), entry), { told });
  return told;
};

describe('modules as one script', () => {
  it('see what they import and nothing else of each other', () => {
    const a = 'const secret = 1;\nexport const one = () => secret;\nexport function two() {\n  return 2;\n}\n';
    const b =
      "import { one } from './a.js';\nconst secret = 10;\nexport async function sum() {\n  return secret + one();\n}\n";
    const main =
      'import { two, one } from "./a.js";\nimport { sum } from "./b.js";\ntold.push(one(), two(), typeof sum, typeof secret);\n';
    expect(run({ main, b, a })).toEqual([1, 2, 'function', 'undefined']);
  });

  it('run once each, after what they import', () => {
    const a = 'told.push("a");\nexport const a = 1;\n';
    const b = "import { a } from './a.js';\ntold.push('b');\nexport const b = a;\n";
    const main = "import { b } from './b.js';\nimport { a } from './a.js';\ntold.push(a + b);\n";
    expect(run({ main, b, a })).toEqual(['a', 'b', 2]);
  });

  it('are refused when they say what cannot be joined', () => {
    expect(() => run({ main: "import * as a from './a.js';\n", a: '' })).toThrow('main says more than can be joined');
    expect(() => run({ main: 'export default 1;\n' })).toThrow('export default');
    expect(() => run({ main: "import { a } from './gone.js';\n" })).toThrow('there is no module gone');
  });
});
