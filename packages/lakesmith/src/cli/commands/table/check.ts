import { count } from '../../../core/quantity.ts';
import { checkTable } from '../../../lake/check-table.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { print, printJson } from '../../output.ts';

/** Holds a table against the rules of the protocol, and with --deep its statistics against its rows. */
export async function tableCheck(path: string, options: TableOptions & { readonly deep?: boolean }): Promise<number> {
  return await withTable(path, options, async (table) => {
    const findings = await checkTable(table, { deep: options.deep === true });
    const errors = findings.filter((finding) => finding.severity === 'error').length;
    if (options.json === true) printJson({ ok: errors === 0, findings });
    else if (findings.length === 0)
      print(`${path} keeps every rule${options.deep === true ? ', and its statistics are true' : ''}.`);
    else {
      for (const { severity, rule, version, path: file, message } of findings) {
        const where = [version === undefined ? '' : `version ${version}`, file ?? ''].filter(Boolean).join(', ');
        print(`${severity === 'error' ? '✗' : '!'} ${rule}${where === '' ? '' : ` (${where})`}\n  ${message}`);
      }
      print(`\n${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}`);
    }
    return errors > 0 ? 1 : 0;
  });
}
