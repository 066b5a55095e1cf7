import { describe, expect, it } from 'vitest';
import { MAX_FIELD_ID, buildSchema, fieldIds } from './field-ids.ts';
import { parseSchema, serializeSchema } from './schema.ts';
import type { DataType } from './types.ts';

const list = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true });
const map = (valueType: DataType): DataType => ({ type: 'map', keyType: 'string', valueType, valueContainsNull: true });
const struct = (...names: string[]): DataType => ({
  type: 'struct',
  fields: names.map((name) => ({ name, type: 'string', nullable: true, metadata: {} })),
});

describe('parseSchema', () => {
  it('gives back the very text that another writer made, with metadata it does not know', () => {
    const text =
      '{"type":"struct","fields":[{"name":"id","type":"long","nullable":false,"metadata":{"delta.identity.highWaterMark":' +
      '9223372036854775807,"x":{"y":[1,null]},"CURRENT_DEFAULT":"1.50"}},{"name":"m","type":{"type":"map","keyType":"string",' +
      '"valueType":{"type":"array","elementType":"decimal(38,18)","containsNull":false},"valueContainsNull":true},' +
      '"nullable":true,"metadata":{}}]}';
    expect(serializeSchema(parseSchema(text))).toBe(text);
  });

  it.each(['interval', 'decimal(39,0)', 'decimal(3,4)', 'geometry', ''])(
    'refuses the type %s and names the column',
    (type) => {
      const text = serializeSchema({ type: 'struct', fields: [] }).replace('[]', `[{"name":"c","type":"${type}"}]`);
      expect(() => parseSchema(text)).toThrow(
        expect.objectContaining({ code: 'invalid-schema', context: { column: 'c' } }),
      );
    },
  );

  it('refuses what is no schema', () => {
    for (const text of ['', '{}', '"string"', '{"type":"array","elementType":"long"}', '{"type":"struct"}']) {
      expect(() => parseSchema(text)).toThrow(expect.objectContaining({ code: 'invalid-schema' }));
    }
  });
});

describe('field ids', () => {
  const columns = [
    { name: 'a', type: list(struct('x')) },
    { name: 'm', type: map(list('long')) },
    { name: 's', type: struct('x', 'y') },
  ];

  it('go to every level, in order of appearance', () => {
    const { schema, maxFieldId } = buildSchema(columns);
    expect(fieldIds(schema)).toEqual({
      a: 1,
      'a.element': 2,
      'a.element.x': 3,
      m: 4,
      'm.key': 5,
      'm.value': 6,
      'm.value.element': 7,
      s: 8,
      's.x': 9,
      's.y': 10,
    });
    expect(maxFieldId).toBe(10);
    expect(serializeSchema(schema)).not.toContain('columnMapping');
  });

  it('stay when columns come, go and change places, and are never given again', () => {
    const first = buildSchema(columns);
    const before = fieldIds(first.schema);
    const { schema, maxFieldId } = buildSchema(
      [
        { name: 'new', type: 'long' },
        { name: 's', type: struct('z', 'x') },
        { name: 'a', type: list(struct('x')) },
      ],
      { schema: first.schema, configuration: { [MAX_FIELD_ID]: '10' } },
    );
    const after = fieldIds(schema);
    expect(after).toEqual({
      new: 11,
      s: before['s'],
      's.z': 12,
      's.x': before['s.x'],
      a: 1,
      'a.element': 2,
      'a.element.x': 3,
    });
    expect(maxFieldId).toBe(12);
    const third = buildSchema([{ name: 'm', type: 'long' }], { schema, configuration: { [MAX_FIELD_ID]: '40' } });
    expect(fieldIds(third.schema)).toEqual({ m: 41 });
  });

  it('survive the schema text', () => {
    const { schema } = buildSchema(columns);
    expect(fieldIds(parseSchema(serializeSchema(schema)))).toEqual(fieldIds(schema));
  });

  it('go with the metadata and nullability of a column that stays', () => {
    const before = buildSchema([{ name: 'a', type: 'long', nullable: false, metadata: { comment: 'x', kept: 1 } }]);
    const { schema } = buildSchema([{ name: 'a', type: 'long', metadata: { comment: 'y' } }], {
      schema: before.schema,
      configuration: {},
    });
    expect(schema.fields[0]).toMatchObject({
      nullable: false,
      metadata: { comment: 'y', kept: 1, 'lakesmith.fieldId': 1 },
    });
  });

  it('refuse names that cannot be told apart', () => {
    expect(() =>
      buildSchema([
        { name: 'A', type: 'long' },
        { name: 'a', type: 'long' },
      ]),
    ).toThrow('Two columns are named a');
    expect(() => buildSchema([{ name: '', type: 'long' }])).toThrow('no name');
    const { schema } = buildSchema([
      { name: 's.x', type: 'long' },
      { name: 's', type: struct('x') },
    ]);
    expect(() => fieldIds(schema)).toThrow('the path s.x');
  });
});
