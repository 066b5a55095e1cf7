type Scalar = string | number | bigint | boolean | null;

/** Rows as a test writes them: lines of CSV with the columns under each other. */
export function rowBlockLines(columns: readonly string[], rows: readonly (readonly Scalar[])[]): readonly string[] {
  const lines = [columns.map(quoted), ...rows.map((row) => row.map(cell))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)));
  return lines.map((line) =>
    line
      .map((text, i) => (i < line.length - 1 ? `${text},`.padEnd((widths[i] ?? 0) + 2) : text))
      .join('')
      .trimEnd(),
  );
}

function cell(value: Scalar): string {
  return value === null ? '' : quoted(String(value));
}

function quoted(text: string): string {
  if (text.includes('"') && !text.includes("'")) return `'${text}'`;
  return text === '' || /^[\s'"]|,|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
