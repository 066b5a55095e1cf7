import type { SqlCompiler } from '../sql/compiler.ts';
import { readAudit } from './audit.ts';
import type { Audit } from './audit.ts';
import type { SourceTable } from './model.ts';
import type { RowSeverities } from './rules.ts';
import type { YamlValue } from './yaml.ts';

/** A bronze table before its rules and checks are understood. */
export type UnjudgedSource = Omit<SourceTable, 'rules' | 'checks' | 'auditInputs' | 'auditViews'>;

/** A bronze table before the tables that its rules read were looked up. */
export interface ParsedSource {
  readonly table: Omit<SourceTable, 'auditInputs' | 'auditViews'>;
  readonly audit: Audit;
}

/** A row's line is told by its place among those that came with it (docs/adr/0002), so that none of them can be left out. */
const wholeLoads: RowSeverities = {
  severities: ['warn', 'fail'],
  hint: 'bronze keeps what came, a load is taken whole or not at all: write warn or fail, or put the rule in the model that reads this table',
};

/** Reads what the settings of a source's table promise of its loads. */
export async function readSourceAudit(
  table: string,
  settings: YamlValue | undefined,
  compiler: SqlCompiler,
): Promise<Audit> {
  return await readAudit({ table, settings, compiler, severities: wholeLoads });
}
