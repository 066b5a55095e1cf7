import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../packages/lakesmith/src/core/errors.ts';
import { jsonSchemas } from '../../packages/lakesmith/src/project/json-schema.ts';
import { proofsPage } from '../support/proofs-page.ts';

// `npm run reference` writes these files anew from the source.
const errorsPage = [
  '# Errors',
  '',
  'Every error has a code, one sentence that says what failed and what to do next, and the place where it stands. With `--json` they come as data.',
  'Generated from `packages/lakesmith/src/core/errors.ts` by `npm run reference`.',
  '',
  '| code | meaning | exit |',
  '|---|---|---|',
  ...Object.entries(errorCodes).map(([code, { title, exit }]) => `| ${code} | ${title} | ${exit} |`),
  '',
].join('\n');

describe('generated reference', () => {
  it('docs/errors.md lists every code', async () => {
    await expect(errorsPage).toMatchFileSnapshot('../../docs/errors.md');
  });

  it('docs/proofs.md has the tables that tests go by', async () => {
    await expect(proofsPage()).toMatchFileSnapshot('../../docs/proofs.md');
  });

  it.each(Object.entries(jsonSchemas()))('schemas/%s.json is what the program accepts', async (name, schema) => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      `../../packages/lakesmith/schemas/${name}.json`,
    );
  });
});
