import { quoteText } from '../../core/sql-text.ts';
import type { QueryRequest } from '../engine.ts';
import type { Session } from './session.ts';
import { prepareStatement } from './statement.ts';

const formats = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  csv: 'FORMAT csv, HEADER true',
} as const;

/** Writes the query's rows to one file, in the query's order. */
export async function exportQuery(
  session: Session,
  request: QueryRequest & { readonly file: string; readonly format: keyof typeof formats },
): Promise<{ rows: number }> {
  const { sql } = await prepareStatement(session, request.sql, request.relations);
  const [row] = await session.rows(
    `COPY (${sql}\n) TO ${quoteText(request.file)} (${formats[request.format]})`,
    request.parameters ?? {},
  );
  return { rows: Number(row?.['Count'] ?? 0) };
}
