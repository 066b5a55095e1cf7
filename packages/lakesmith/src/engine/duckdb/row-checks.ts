import { LakeError, messageOf } from '../../core/errors.ts';
import { quoteNames, quoteText } from '../../core/sql-text.ts';
import type { RowCheck, Scalar, StageRequest } from '../engine.ts';
import type { Session } from './session.ts';

const mark = 'LAKESMITH CHECK ';
/** Rows that an error shows. */
const shown = 5;

/** The rows, in a query that fails on the first one for which a check is not true. */
export function withChecks(select: string, { checks = [] }: StageRequest): string {
  if (checks.length === 0) return select;
  const condition = checks.reduceRight(
    (rest, { sql }, index) => `CASE WHEN (${sql}) THEN ${rest} ELSE error(${quoteText(`${mark}${index};`)}) END`,
    'true',
  );
  return `SELECT * FROM (${select}) WHERE ${condition}`;
}

/** The check that a failed query was about; undefined when it failed for another reason. */
export function brokenCheck(error: unknown, checks: readonly RowCheck[]): RowCheck | undefined {
  const index = /LAKESMITH CHECK (\d+);/.exec(messageOf(error))?.[1];
  return index === undefined ? undefined : checks[Number(index)];
}

/** The error of a broken check, with some of the rows. */
export async function checkError(
  session: Session,
  { name, sql, refusal }: RowCheck,
  {
    select,
    hidden,
    parameters,
  }: {
    readonly select: string;
    readonly hidden: readonly string[];
    readonly parameters: Readonly<Record<string, Scalar>>;
  },
): Promise<LakeError> {
  if (refusal !== undefined) return new LakeError('LS2106', refusal, { context: { check: name } });
  const shownColumns = hidden.length === 0 ? '*' : `* EXCLUDE (${quoteNames(hidden)})`;
  const found = await session.rows(
    `SELECT CAST(to_json(_row) AS VARCHAR) AS text FROM (SELECT ${shownColumns} FROM (${select})) AS _row WHERE (${sql}) IS DISTINCT FROM true LIMIT ${shown}`,
    parameters,
  );
  const rows = found.map(({ text }) => String(text));
  return new LakeError(
    'LS2107',
    `Nothing was written: ${name} does not hold for ${rows.length < shown ? '' : 'rows such as '}${rows.join(', ')}.`,
    { context: { check: name, rows } },
  );
}
