import type { Column } from '../core/schema.ts';
import type { Scalar } from '../engine/engine.ts';

type Row = readonly Scalar[];

/** The rows that one side has and the other has not, each as often as it has more of them, in the order of their texts. */
export function rowDifference(
  columns: readonly Column[],
  { wanted, made }: { readonly wanted: readonly Row[]; readonly made: readonly Row[] },
): { readonly missing: readonly Row[]; readonly unexpected: readonly Row[] } {
  const [expected, given] = [wanted, made].map((rows) =>
    rows.map((row) => row.map((value, i) => told(value, columns[i]))),
  );
  const open = new Map<string, Row[]>();
  for (const row of expected ?? []) {
    const same = open.get(textOf(row));
    if (same === undefined) open.set(textOf(row), [row]);
    else same.push(row);
  }
  const unexpected = (given ?? []).filter((row) => open.get(textOf(row))?.pop() === undefined);
  return { missing: sorted([...open.values()].flat()), unexpected: sorted(unexpected) };
}

/** Numbers with a binary fraction are the same when twelve digits are: a test is written in decimal ones. A zero has no sign. */
function told(value: Scalar, column: Column | undefined): Scalar {
  if (typeof value !== 'number') return value;
  const isBinary = column?.type === 'double' || column?.type === 'float';
  return (isBinary && Number.isFinite(value) ? Number(value.toPrecision(12)) : value) + 0;
}

function textOf(row: Row): string {
  return JSON.stringify(row.map((value) => (value === null ? null : `${value}`)));
}

function sorted(rows: readonly Row[]): readonly Row[] {
  const texts = new Map(rows.map((row) => [row, textOf(row)]));
  return [...rows].sort((a, b) => ((texts.get(a) ?? '') < (texts.get(b) ?? '') ? -1 : 1));
}
