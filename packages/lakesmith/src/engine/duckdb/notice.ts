import { noticeFunction } from '../engine.ts';
import type { StageOptions } from '../engine.ts';
import type { Session } from './session.ts';

/** Does work whose SQL may call `noticeFunction`, and tells whether it did: each call takes a number of a sequence. */
export async function noticing<T>(
  session: Session,
  tell: StageOptions['onNotice'],
  work: () => Promise<T>,
): Promise<T> {
  if (tell === undefined) return await work();
  await session.attach();
  const { catalog } = session;
  await session.run(
    `CREATE SEQUENCE ${catalog}.notices; CREATE MACRO ${catalog}.${noticeFunction}() AS nextval('${catalog}.notices') < 0`,
  );
  const result = await work();
  const [row] = await session.rows(`SELECT last_value FROM duckdb_sequences() WHERE database_name = '${catalog}'`);
  if (row?.['last_value'] !== null) tell();
  return result;
}
