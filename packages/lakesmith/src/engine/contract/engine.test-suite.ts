import { describe } from 'vitest';
import type { EngineBench } from './bench.test-suite.ts';
import { prepareBench } from './bench.test-suite.ts';
import { failuresContract } from './failures.test-suite.ts';
import { filesContract } from './files.test-suite.ts';
import { relationsContract } from './relations.test-suite.ts';
import { partitionContract } from './partition.test-suite.ts';
import { stageContract } from './stage.test-suite.ts';
import { statementsContract } from './statements.test-suite.ts';
import { valuesContract } from './values.test-suite.ts';

/** The promises of `Engine`, kept by every implementation. */
export function engineContract(name: string, open: EngineBench['open']): void {
  describe(`engine contract: ${name}`, () => {
    const bench = prepareBench(open);
    valuesContract(bench);
    relationsContract(bench);
    stageContract(bench);
    partitionContract(bench);
    filesContract(bench);
    statementsContract(bench);
    failuresContract(bench);
  });
}
