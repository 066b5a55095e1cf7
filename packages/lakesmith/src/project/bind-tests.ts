import type { Diagnostic, Place } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { nearestName } from '../core/nearest-name.ts';
import { changeColumns } from './own-columns.ts';
import { inputsOf, readsOf } from './graph.ts';
import type { ModelTest } from './model-test.ts';
import type { BoundProject, ModelTable, ProjectTable } from './model.ts';
import type { RowBlock } from './row-block.ts';
import { columnHint } from './untold-columns.ts';

/** The columns that rows of this input are given as; undefined when they are not known. */
export function givenColumns(
  { schemas }: Pick<BoundProject, 'schemas'>,
  model: Pick<ModelTable, 'history'>,
  input: string,
): readonly Column[] | undefined {
  const columns = schemas.get(input);
  if (columns === undefined || model.history === undefined) return columns;
  const own = columns.filter(({ name }) => !changeColumns.some((column) => column.name === name));
  return [...own, ...changeColumns];
}

/** What a test names that is not there: a model, an input of it, a column. */
export function testFindings(test: ModelTest, bound: BoundProject): readonly Diagnostic[] {
  const model = bound.project.tables.get(test.table);
  if (model?.kind !== 'model') {
    const message = `${test.table} is not a model, so there is nothing to test`;
    return [{ code: 'LS1203', message, place: test.place, hint: 'name a table of silver/ or gold/' }];
  }
  const reads = [...new Set([...inputsOf(model), ...readsOf(model)])];
  const findings: Diagnostic[] = [];
  for (const [name, { place, arrivals }] of test.given) {
    if (!reads.includes(name)) {
      const hint = reads.length === 0 ? 'it reads nothing' : `it reads ${reads.join(', ')}`;
      findings.push({ code: 'LS1203', message: `${test.table} does not read ${name}`, place, hint });
      continue;
    }
    const columns = givenColumns(bound, model, name);
    if (columns === undefined) findings.push(unknownColumns(bound.project.tables.get(name), name, place));
    else for (const rows of arrivals) findings.push(...strangers(rows, name, columns));
  }
  const columns = bound.schemas.get(model.name);
  if (columns === undefined) {
    if (findings.length === 0) findings.push(unknownColumns(model, model.name, test.place));
    return findings;
  }
  for (const rows of test.expect) findings.push(...strangers(rows, model.name, columns));
  if (test.quarantined !== undefined)
    findings.push(...strangers(test.quarantined, model.name, [...columns, { name: '_reasons', type: 'string' }]));
  return findings;
}

function unknownColumns(table: ProjectTable | undefined, name: string, place: Place): Diagnostic {
  const hint =
    table?.kind === 'source'
      ? `declare them under types: in ${table.file}`
      : 'a source that it reads has no columns yet';
  return { code: 'LS1204', message: `The columns of ${name} are not known`, place, hint };
}

function strangers({ columns }: RowBlock, table: string, known: readonly Column[]): readonly Diagnostic[] {
  const names = known.map((column) => column.name);
  return columns
    .filter(({ name }) => !names.includes(name))
    .map(({ name, place }) => ({
      code: 'LS1204' as const,
      message: `Column ${name} does not exist in ${table}`,
      place,
      hint: columnHint(table, names, name),
    }));
}

/** What a test calls by a name that the model's WITH does not have. */
export function unknownCte(name: string, place: Place, names: readonly string[]): Diagnostic {
  const near = nearestName(name, names);
  const hint =
    near !== undefined
      ? `Did you mean ${near}?`
      : names.length === 0
        ? 'it has no WITH'
        : `it has: ${names.join(', ')}`;
  return { code: 'LS1203', message: `The model names nothing ${name} in its WITH`, place, hint };
}
