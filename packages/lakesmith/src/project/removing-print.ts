import type { Audit } from './audit.ts';
import { fingerprintOfTrees } from './fingerprint.ts';

/** Changes with what rules take out, and by what rows are known that are put aside. */
export function removingPrint({ rules }: Audit, key: readonly string[]): string {
  const removing = rules.filter(({ severity }) => severity === 'drop' || severity === 'quarantine');
  const told = removing.map(({ name, severity, limit, tree }) => ({ name, severity, limit, tree }));
  return fingerprintOfTrees(removing.length === 0 ? [] : { rules: told, key });
}
