import type { MadeBy, Release } from '../lake/release.ts';

/** A release as machines are told it: without what only the next plan looks at. */
export function toldRelease(release: Release): Release {
  const tables = Object.entries(release.tables).map(([name, table]) => [
    name,
    table.madeBy === undefined ? table : { ...table, madeBy: toldMadeBy(table.madeBy) },
  ]);
  return { ...release, tables: Object.fromEntries(tables) as Release['tables'] };
}

function toldMadeBy({ meaning: _, refused: __, took: ___, ...told }: MadeBy): MadeBy {
  return told;
}
