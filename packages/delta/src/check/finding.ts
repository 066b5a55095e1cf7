/** One rule of the protocol that a table breaks. */
export interface Finding {
  /** Names the rule: 'gap', 'checksum-differs'. The same for all findings of one kind. */
  readonly rule: string;
  /** 'error': readers may refuse the table or disagree about it. 'warning': they will not, and it is wrong all the same. */
  readonly severity: 'error' | 'warning';
  readonly version?: number;
  readonly path?: string;
  /** One sentence. */
  readonly message: string;
}

/** Findings of one rule that are told one by one; of the rest, their number is. */
const MAX_PER_RULE = 20;

/** Collects findings. */
export class Findings {
  readonly #kept: Finding[] = [];
  readonly #counts: Map<string, number> = new Map();

  add(finding: Finding): void {
    const count = (this.#counts.get(finding.rule) ?? 0) + 1;
    this.#counts.set(finding.rule, count);
    if (count <= MAX_PER_RULE) this.#kept.push(finding);
  }

  /** All of them, in the order in which they were found. */
  all(): Finding[] {
    const more: Finding[] = [];
    for (const [rule, count] of this.#counts) {
      const severity = this.#kept.find((finding) => finding.rule === rule)?.severity ?? 'error';
      const rest = count - MAX_PER_RULE;
      if (rest > 0) more.push({ rule, severity, message: `There are ${rest} more findings of ${rule}.` });
    }
    return [...this.#kept, ...more];
  }
}
