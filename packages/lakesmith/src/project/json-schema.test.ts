import { expect, it } from 'vitest';
import { jsonSchemas } from './json-schema.ts';

it('describes every file of a project, and lets no key in that is refused', () => {
  const schemas = jsonSchemas();
  expect(Object.keys(schemas)).toEqual([
    'project',
    'source',
    'model',
    'reference',
    'test',
    'job',
    'publication',
    'alert',
    'dashboard',
  ]);
  for (const schema of Object.values(schemas))
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
  expect(schemas['project']).toMatchObject({
    required: ['lakesmith', 'name'],
    properties: { on_rebuild: { enum: ['rebuild', 'hold'] } },
  });
});
