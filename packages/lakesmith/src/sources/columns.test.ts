import { describe, expect, it } from 'vitest';
import type { Column, DataType } from '../core/schema.ts';
import { dataItems, mergeColumns, rescuedItem } from './columns.ts';

function struct(fields: Readonly<Record<string, DataType>>): DataType {
  return {
    type: 'struct',
    fields: Object.entries(fields).map(([name, type]) => ({ name, type, nullable: true, metadata: {} })),
  };
}

const list = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true });
const had: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'o', type: struct({ a: 'long' }) },
];
const found: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'o', type: struct({ a: 'long', at: 'timestamp' }) },
  { name: 'extra', type: list(struct({ day: 'date' })) },
];
const none = new Map<string, DataType>();

describe('mergeColumns', () => {
  it('adds columns, and fields inside structs and lists, behind those that are there', () => {
    const { data, read, unknown } = mergeColumns({ types: none, newColumns: 'add' }, had, found);
    expect(data).toEqual(found);
    expect(read).toEqual(found);
    expect(unknown).toEqual([]);
  });

  it('names every column and field that new_columns: fail refuses, and leaves the table as it is', () => {
    const merged = mergeColumns({ types: none, newColumns: 'fail' }, had, found);
    expect(merged.refused).toEqual(['extra', 'o.at']);
    expect(merged.data).toEqual(had);
  });

  it('rescues a column with fields too many as a whole, and times as the text that they are', () => {
    const merged = mergeColumns({ types: none, newColumns: 'rescue' }, had, found);
    expect(merged.data).toEqual(had);
    expect(merged.read[1]?.type).toEqual(struct({ a: 'long', at: 'string' }));
    expect(merged.unknown).toEqual([{ name: 'extra', type: list(struct({ day: 'string' })) }]);
    expect(dataItems(merged)[1]).toContain('struct_pack("a" :=');
    expect(rescuedItem(merged)).toContain(`'"o":' || to_json("o")`);
  });

  it('reads a key that is written in another case into the column that it means, at every depth', () => {
    const other: readonly Column[] = [
      { name: 'ID', type: 'long' },
      { name: 'O', type: struct({ A: 'long' }) },
    ];
    const { data, read } = mergeColumns({ types: none, newColumns: 'add' }, had, other);
    expect(data).toEqual(had);
    expect(read).toEqual(other);
  });

  it('takes declared types, also of columns that no file has, whatever case they are declared in', () => {
    const types = new Map<string, DataType>([
      ['Id', 'string'],
      ['later', 'date'],
    ]);
    expect(mergeColumns({ types, newColumns: 'add' }, undefined, had).data).toEqual([
      { name: 'Id', type: 'string' },
      had[1],
      { name: 'later', type: 'date' },
    ]);
  });

  it('leaves a type alone that the files contradict: the rows that do not fit will say so', () => {
    const { data } = mergeColumns({ types: none, newColumns: 'add' }, had, [{ name: 'o', type: 'string' }]);
    expect(data).toEqual(had);
  });

  it('leaves out what has no value yet, unless its type is declared, and says when a type is another', () => {
    const valueless = [...had, { name: 'new', type: 'string', valueless: true }] as const;
    const undeclared = mergeColumns({ types: none, newColumns: 'add' }, undefined, valueless);
    expect([undeclared.data, undeclared.untold]).toEqual([had, ['new']]);
    const declared = mergeColumns({ types: new Map([['NEW', 'date']]), newColumns: 'add' }, undefined, valueless);
    expect(declared.data).toEqual([...had, { name: 'NEW', type: 'date' }]);
    const types = new Map<string, DataType>([
      ['ID', 'string'],
      ['o', struct({ a: 'long' })],
    ]);
    const widened: readonly Column[] = [{ name: 'id', type: 'long' }, found[1] ?? { name: 'o', type: 'long' }];
    expect(mergeColumns({ types, newColumns: 'add' }, widened, []).retyped).toEqual([
      { name: 'ID', declared: 'string', has: 'long' },
    ]);
  });
});
