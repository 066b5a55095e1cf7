import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { DeltaTable } from './delta-table.ts';
import { promisesOf } from './promises.ts';

/** Refuses that columns go, or get other names, of which constraints or generated columns speak that stay as they are. */
export async function refuseNamed(table: DeltaTable, base: Snapshot, after: Snapshot): Promise<void> {
  const left = new Set(after.schema.fields.map(({ name }) => name.toLowerCase()));
  const isGone = (name: string): boolean => !left.has(name.toLowerCase());
  const gone = base.schema.fields.filter(({ name }) => isGone(name));
  if (gone.length === 0) return await refuseNamedInside(table, base, after);
  const { checks, generated } = await promisesOf(table, base);
  const told = [
    ...checks.map(({ name, constraint, columns = [] }) => ({
      what: name,
      columns,
      stays: constraint === undefined || keepsConstraint(after, constraint),
      how:
        constraint === undefined
          ? 'keep it'
          : `take that away first (\`table alter PATH constraint ${constraint} --drop\`)`,
    })),
    ...[...generated].map(([column, { text, columns }]) => ({
      what: `the generated column ${column} (${text})`,
      columns,
      stays: !isGone(column),
      how: 'let that go first',
    })),
  ];
  for (const { name } of gone) {
    const inside = told.find(({ columns, stays }) => stays && columns.includes(name));
    if (inside === undefined) continue;
    throw new LakeError('LS4001', `The column ${name} has to stay while ${inside.what} speaks of it: ${inside.how}.`, {
      context: { column: name },
    });
  }
}

/** The same of fields inside of columns. */
async function refuseNamedInside(table: DeltaTable, base: Snapshot, after: Snapshot): Promise<void> {
  if (base.metadata.schemaString === after.metadata.schemaString) return;
  const unclear = await unclearPromise(table, after);
  if (unclear === undefined || (await unclearPromise(table, base)) !== undefined) return;
  throw new LakeError(
    'LS4001',
    `The table still speaks of what would go, and that has to go first: ${unclear.message.replace(/^[^:]*: /, '')}`,
    { cause: unclear, context: unclear.context },
  );
}

/** What is said of a constraint or generated column that cannot be computed. */
async function unclearPromise(table: DeltaTable, snapshot: Snapshot): Promise<LakeError | undefined> {
  try {
    await promisesOf(table, snapshot);
    return undefined;
  } catch (error) {
    if (error instanceof LakeError && error.code === 'LS3007') return error;
    throw error;
  }
}

function keepsConstraint({ metadata }: Snapshot, constraint: string): boolean {
  return Object.keys(metadata.configuration).some((key) => key.toLowerCase() === `delta.constraints.${constraint}`);
}
