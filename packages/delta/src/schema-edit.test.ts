import { describe, expect, it } from 'vitest';
import { type SchemaEdit, editSchema, fieldAt } from './schema-edit.ts';
import { buildSchema, fieldIds } from './field-ids.ts';
import type { DataType, StructField, StructType } from './types.ts';

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true, metadata: {} });
const struct = (...fields: StructField[]): StructType => ({ type: 'struct', fields });
const list = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true });
const map = (keyType: DataType, valueType: DataType): DataType => ({
  type: 'map',
  keyType,
  valueType,
  valueContainsNull: true,
});
const schema = struct(
  field('id', 'integer'),
  field('Name', 'string'),
  field('s', struct(field('x', 'float'), field('y', list(struct(field('z', 'date')))))),
  field('m', map('string', struct(field('v', 'decimal(5,2)')))),
  field('l', list('short')),
);
const add = { kind: 'add', field: { type: 'long', nullable: true, metadata: {} } } as const;

/** The schema as text: names, types and what was noted. */
function shown(type: DataType): string {
  if (typeof type === 'string') return type;
  if (type.type === 'array') return `${shown(type.elementType)}[]`;
  if (type.type === 'map') return `map(${shown(type.keyType)}, ${shown(type.valueType)})`;
  const fields = type.fields.map(({ name, type: of, nullable, metadata }) => {
    const notes = Object.keys(metadata).length === 0 ? '' : ` ${JSON.stringify(metadata)}`;
    return `${name} ${shown(of)}${nullable ? '' : ' not null'}${notes}`;
  });
  return `{${fields.join(', ')}}`;
}
const after = (edit: SchemaEdit): string => shown(editSchema(schema, edit));
const [id, name, s, m, l] = [
  'id integer',
  'Name string',
  's {x float, y {z date}[]}',
  'm map(string, {v decimal(5,2)})',
  'l short[]',
];

describe('editSchema', () => {
  it.each<[string, SchemaEdit, string[]]>([
    ['adds behind the others', { path: ['n'], ...add }, [id, name, s, m, l, 'n long']],
    ['adds before them', { path: ['n'], ...add, place: 'first' }, ['n long', id, name, s, m, l]],
    ['adds behind one, in any case', { path: ['n'], ...add, place: { after: 'NAME' } }, [id, name, 'n long', s, m, l]],
    [
      'adds inside',
      { path: ['s', 'Y', 'element', 'n'], ...add },
      [id, name, 's {x float, y {z date, n long}[]}', m, l],
    ],
    [
      'adds inside values of a map',
      { path: ['m', 'value', 'n'], ...add, place: 'first' },
      [id, name, s, 'm map(string, {n long, v decimal(5,2)})', l],
    ],
    ['drops', { path: ['NAME'], kind: 'drop' }, [id, s, m, l]],
    ['drops inside', { path: ['s', 'y'], kind: 'drop' }, [id, name, 's {x float}', m, l]],
    ['renames', { path: ['name'], kind: 'rename', name: 'title' }, [id, 'title string', s, m, l]],
    [
      'renames to the same in another case',
      { path: ['Name'], kind: 'rename', name: 'NAME' },
      [id, 'NAME string', s, m, l],
    ],
    ['moves', { path: ['l'], kind: 'move', place: { after: 'id' } }, [id, l, name, s, m]],
    ['moves inside', { path: ['s', 'y'], kind: 'move', place: 'first' }, [id, name, 's {y {z date}[], x float}', m, l]],
    [
      'lets be NULL or not',
      { path: ['id'], kind: 'nullable', nullable: false },
      ['id integer not null', name, s, m, l],
    ],
    [
      'notes',
      { path: ['s', 'x'], kind: 'metadata', set: { comment: 'c', gone: null } },
      [id, name, 's {x float {"comment":"c"}, y {z date}[]}', m, l],
    ],
    [
      'widens',
      { path: ['id'], kind: 'widen', type: 'long' },
      ['id long {"delta.typeChanges":[{"fromType":"integer","toType":"long"}]}', name, s, m, l],
    ],
    [
      'widens elements',
      { path: ['l', 'element'], kind: 'widen', type: 'double' },
      [
        id,
        name,
        s,
        m,
        'l double[] {"delta.typeChanges":[{"fromType":"short","toType":"double","fieldPath":"element"}]}',
      ],
    ],
    [
      'widens inside a map',
      { path: ['m', 'value', 'v'], kind: 'widen', type: 'decimal(9,4)' },
      [
        id,
        name,
        s,
        'm map(string, {v decimal(9,4) {"delta.typeChanges":[{"fromType":"decimal(5,2)","toType":"decimal(9,4)"}]}})',
        l,
      ],
    ],
    ['leaves what is so already', { path: ['id'], kind: 'widen', type: 'integer' }, [id, name, s, m, l]],
  ])('%s', (_, edit, expected) => {
    expect(after(edit)).toBe(`{${expected.join(', ')}}`);
  });

  it('notes one change of a type after the other', () => {
    const once = editSchema(schema, { path: ['id'], kind: 'widen', type: 'long' });
    const twice = editSchema(once, { path: ['id'], kind: 'widen', type: 'decimal(20,0)' });
    expect(twice.fields[0]?.metadata['delta.typeChanges']).toHaveLength(2);
  });

  it.each<[string, SchemaEdit]>([
    ['there is a column Name already', { path: ['NAME'], ...add }],
    ['there is a column Name already', { path: ['id'], kind: 'rename', name: 'name' }],
    ['there is no nope', { path: ['nope'], kind: 'drop' }],
    ['there is no nope', { path: ['s', 'nope'], kind: 'drop' }],
    ['it is the only one', { path: ['s', 'y', 'element', 'z'], kind: 'drop' }],
    ['has no fields', { path: ['id', 'x'], ...add }],
    ['there is no other', { path: ['l', 'other', 'x'], kind: 'drop' }],
    ['there is no nope beside it', { path: ['id'], kind: 'move', place: { after: 'nope' } }],
    ['does not hold every value', { path: ['id'], kind: 'widen', type: 'short' }],
    ['does not hold every value', { path: ['id'], kind: 'widen', type: 'string' }],
    ['does not hold every value', { path: ['s'], kind: 'widen', type: 'string' }],
    ['does not hold every value', { path: ['l', 'element'], kind: 'widen', type: 'float' }],
  ])('refuses: %s', (message, edit) => {
    expect(() => after(edit)).toThrow(message);
  });
});

describe('fieldAt', () => {
  it.each<[string[], DataType | undefined]>([
    [['ID'], 'integer'],
    [['s', 'x'], 'float'],
    [['s', 'y', 'element', 'z'], 'date'],
    [['m', 'value', 'v'], 'decimal(5,2)'],
    [['s', 'y', 'z'], undefined],
    [['id', 'x'], undefined],
    [['nope'], undefined],
  ])('%j is %s', (path, type) => {
    expect(fieldAt(schema, path)?.type).toBe(type);
  });
});

describe('columns that are mapped', () => {
  const mapped = { mapped: true };
  const physical = (of: StructType): unknown[] =>
    of.fields.map(({ metadata }) => metadata['delta.columnMapping.physicalName']);

  it('keep the ids and names that files have of them', () => {
    const before = buildSchema(schema.fields);
    const { schema: after, maxFieldId } = buildSchema(
      before.schema.fields,
      { schema: before.schema, configuration: { 'lakesmith.maxFieldId': String(before.maxFieldId) } },
      mapped,
    );
    expect(physical(after)).toEqual(['id', 'Name', 's', 'm', 'l']);
    expect(fieldIds(after)).toMatchObject({ id: 1, Name: 2, 's.x': fieldIds(before.schema)['s.x'] });
    expect(maxFieldId).toBe(before.maxFieldId);
    expect(JSON.stringify(after)).not.toContain('lakesmith');
  });

  it('get names and ids that no column had before, also after one was renamed or dropped', () => {
    const first = buildSchema(
      [
        { name: 'a', type: 'long' },
        { name: 'b', type: 'long' },
      ],
      undefined,
      mapped,
    );
    expect(new Set([...physical(first.schema), 'a', 'b']).size).toBe(4);
    const configuration = { 'delta.columnMapping.maxColumnId': '2' };
    const dropped = editSchema(first.schema, { path: ['b'], kind: 'drop' });
    const renamed = editSchema(dropped, { path: ['a'], kind: 'rename', name: 'b' });
    const second = buildSchema(renamed.fields, { schema: first.schema, configuration }, mapped);
    expect(physical(second.schema)).toEqual([physical(first.schema)[0]]);
    expect(fieldIds(second.schema)).toEqual({ b: 1 });
    const third = buildSchema(
      [...second.schema.fields, { name: 'a', type: 'long' }],
      { schema: second.schema, configuration },
      mapped,
    );
    expect(fieldIds(third.schema)).toEqual({ b: 1, a: 3 });
    expect(physical(first.schema)).not.toContain(physical(third.schema)[1]);
  });
});
