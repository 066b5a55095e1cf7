import { z } from 'zod';

/**
 * The form of each file of a project, once: what is refused, and what editors complete, are derived from it.
 * An `error` ends the sentence that begins with the key's name.
 */
const text = z.string({ error: 'must be text; put quotes around it if it looks like a number' });
const yesNo = z.boolean({ error: 'must be true or false' });

function oneOf<const T extends readonly [string, ...string[]]>(...words: T): z.ZodEnum<{ [K in T[number]]: K }> {
  const last = words.at(-1) ?? '';
  const list = words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${last}` : last;
  return z.enum(words, { error: `must be ${list}` });
}

function mapOf<T extends z.ZodType>(value: T, error: string): z.ZodRecord<z.ZodString, T> {
  return z.record(z.string(), value, { error });
}

const names: z.ZodUnion<[z.ZodString, z.ZodArray<z.ZodString>]> = z.union([text, z.array(text).min(1)], {
  error: 'must be a column, or a list of columns such as [order_id, line_no]',
});
const tags = z.array(text, { error: 'must be a list such as [pii]' });
const description = text.describe('What the table is, for people');
const owner = text.describe('Who answers for the table: a person or a team');

const columnNote = z.strictObject(
  { description: text.optional(), tags: tags.optional() },
  { error: 'must be a block with description: or tags:' },
);
const columns = mapOf(columnNote, 'must be a block with one line per column').describe(
  'Descriptions and tags of columns',
);
const types = mapOf(text, 'must be a block of column: TYPE lines').describe('Types that are not left to inference');
const newColumns = oneOf('add', 'rescue', 'ignore', 'fail').describe(
  'What happens to a column that appears in the source',
);

/** How a table lies in files. */
const kept = {
  properties: mapOf(
    z.union([text, z.number(), z.boolean()], { error: 'must be a text, a number, true or false' }),
    'must be a block such as delta.checkpointInterval: 20',
  )
    .optional()
    .describe('Properties of the Delta table'),
  retention: text.optional().describe('How long files and the log of older versions stay: 30d'),
};
const laidOut = {
  cluster_by: names
    .optional()
    .describe('Columns by which rows lie near each other: questions about them open few files'),
  partition_by: names.optional().describe('Columns of whose values each file has one'),
  ...kept,
  file_size: text.optional().describe('The size at which files are cut: 128MB'),
};

const named = mapOf(text, 'must be a block of name: URL lines');
const value = z.union([text, z.number(), z.boolean()], {
  error: 'must be one value: a text, a number, a date, true or false',
});
const parameter = z.strictObject(
  {
    type: text.optional().describe('The type of its values; else that of its default'),
    default: value.nullable().optional().describe('Its value where nothing else is said'),
    description: text.optional().describe('What it is for'),
  },
  { error: 'must be a value, or a block with type:, default: and description:' },
);
const overridable = {
  lake: text.optional().describe('Folder or bucket that holds everything the project makes'),
  timezone: text.optional().describe('IANA time zone: how times without a zone are read, and how days are cut'),
  clock: text.optional().describe('A moment at which time stands still, for samples: 2026-03-10T12:00:00Z'),
  connections: named.optional().describe('Databases and streams by name; the scheme of the URL names the driver'),
  channels: named.optional().describe('Where alerts go, by name'),
  on_rebuild: oneOf('rebuild', 'hold')
    .optional()
    .describe('hold: a changed model that needs a full rebuild waits for run --apply'),
  release: oneOf('each', 'all').optional().describe('all: one failed table stops the release of all'),
};

const environment = z.strictObject(
  {
    ...overridable,
    parameters: mapOf(value.nullable(), 'must be a block of name: value lines')
      .optional()
      .describe('Other values of parameters'),
    base: text.optional().describe('Environment whose tables are read where this one has none'),
  },
  { error: 'must be a block of the keys it overrides' },
);

/** lakesmith.yml */
export const projectForm = z.strictObject(
  {
    lakesmith: z
      .number({ error: 'must be the version of the file formats: 1' })
      .describe('Version of the file formats'),
    name: text,
    ...overridable,
    parameters: mapOf(
      z.union([value, parameter], { error: 'must be a value, or a block with type:, default: and description:' }),
      'must be a block of name: value lines',
    )
      .optional()
      .describe('Values that SQL takes by their names: $country'),
    environments: mapOf(environment, 'must be a block of environments').optional().describe('Overrides by environment'),
  },
  { error: 'must be keys with values, such as name: retail' },
);

const rules = mapOf(text, 'must be a block of name: rule lines');
const severe = { warn: rules.optional(), drop: rules.optional(), quarantine: rules.optional(), fail: rules.optional() };
const ruleLines = { type: 'object', additionalProperties: { type: 'string' } };
const expect = z
  .strictObject(severe)
  .meta({ patternProperties: { '^(warn|drop|quarantine) up to \\d[\\d_.]* ?(%|rows?)?$': ruleLines } });
const checks = mapOf(z.union([text, z.number(), z.array(text)]), 'must be a block of checks');
const check = z.strictObject({ warn: checks.optional(), fail: checks.optional() }).meta({
  patternProperties: { '^warn up to \\d[\\d_.]* ?(%|rows?)?$': { type: 'object' } },
});
const checked = check.optional().describe('Rules about the whole table');
const judged = {
  expect: expect.optional().describe('Rules about each row, by what happens to a row that breaks one'),
  check: checked,
};
/** What came is never taken apart. */
const judgedWhole = {
  expect: z
    .strictObject({ warn: rules.optional(), fail: rules.optional() })
    .meta({ patternProperties: { '^warn up to \\d[\\d_.]* ?(%|rows?)?$': ruleLines } })
    .optional()
    .describe('Rules about each row that is loaded: fail keeps the whole load out'),
  check: checked,
};

const sourceTable = z.strictObject(
  {
    description: description.optional(),
    owner: owner.optional(),
    key: names.optional(),
    types: types.optional(),
    new_columns: newColumns.optional(),
    columns: columns.optional(),
    ...kept,
    ...judgedWhole,
  },
  { error: 'must be a block such as key: order_id' },
);

/** bronze/*.yml */
export const sourceForm = z.strictObject(
  {
    description: description.optional(),
    owner: owner.optional(),
    files: text.optional().describe('Files to load, relative to the project: landing/orders/*.json'),
    format: text.optional().describe('json, ndjson or csv, when the ending does not say it'),
    header: yesNo.optional().describe('csv: the first line holds the names'),
    delimiter: text.optional().describe('csv: what stands between two values'),
    each_file: oneOf('adds', 'replaces').optional().describe('replaces: the newest file is the whole table'),
    key: names.optional(),
    types: types.optional(),
    new_columns: newColumns.optional(),
    columns: columns.optional(),
    tags: tags.optional(),
    ...kept,
    connection: text.optional().describe('A connection of lakesmith.yml'),
    follow: oneOf('changes', 'full').optional().describe('changes: a snapshot, then the change log'),
    ...judgedWhole,
    tables: mapOf(sourceTable.nullable(), 'must be a block with one table per line').optional(),
  },
  { error: 'must be keys with values, such as files: landing/orders/*.json' },
);

const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;

/** The comment on top of a model's SQL, or the .yml beside it */
export const modelForm = z.strictObject(
  {
    description: description.optional(),
    owner: owner.optional(),
    kind: oneOf('table', 'view', 'stream', 'history', 'date', 'ephemeral')
      .optional()
      .describe(
        'view: read as its SELECT, not stored; stream: each new row of an input is processed once; history: keeps every version of a key; date: a calendar; ephemeral: no table, part of what reads it',
      ),
    follows: text
      .optional()
      .describe('stream: the input whose new rows make its rows; else the one that FROM names first'),
    joins: oneOf('now', 'as_of')
      .optional()
      .describe(
        'stream: other inputs as they are now, or as they were when the rows of the followed one were committed',
      ),
    from: text.optional().describe('date: the first day, 2020-01-01 or -5y before today'),
    to: text.optional().describe('date: the last day, 2030-12-31 or +2y after today'),
    week_starts: oneOf('monday', 'sunday', 'saturday').optional().describe('date: the first day of a week'),
    fiscal_year_starts: oneOf(...months)
      .optional()
      .describe('date: the month in which a fiscal year begins'),
    key: names.optional().describe('What names a row: unique and never null'),
    valid_from: text.optional().describe('history: the column that dates a change'),
    track: names.optional().describe('history: the columns whose change makes a version'),
    first_valid_from: text.optional().describe('history: the column that dates the first version'),
    refresh: oneOf('auto', 'incremental', 'strict', 'full').optional(),
    on_rebuild: oneOf('rebuild', 'hold').optional(),
    renamed_from: mapOf(text, 'must be a block of new_name: old_name lines')
      .optional()
      .describe('Columns that had another name: a plan tells that, and not that one goes and one comes'),
    columns: columns.optional(),
    tags: tags.optional(),
    ...laidOut,
    ...judged,
  },
  { error: 'must be keys with values, such as key: order_id' },
);

const typed = z.union([text, z.strictObject({ type: text, description: text.optional(), tags: tags.optional() })], {
  error: "must be a type such as 'bigint', or an object with type:, description: and tags:",
});
const noRowsWithoutColumns = "must be an object such as { id: 'bigint' }: it says which columns the rows have";

/** What only models say whose rows are made by TypeScript */
export const rowsForm = z.object({
  inputs: z
    .union([z.array(text), z.record(z.string(), text)], {
      error: "must be a list of tables such as ['silver.orders'], or an object such as { orders: 'silver.orders' }",
    })
    .optional(),
  columns: mapOf(typed, noRowsWithoutColumns),
  limits: z
    .strictObject(
      { time: text.optional(), memory: text.optional() },
      { error: "must be an object such as { time: '5m', memory: '512MB' }" },
    )
    .optional(),
});

/** reference/*.yml */
export const referenceForm = z.strictObject(
  {
    description: description.optional(),
    owner: owner.optional(),
    key: names.optional(),
    types: types.optional(),
    columns: columns.optional(),
    tags: tags.optional(),
    ...laidOut,
    ...judged,
  },
  { error: 'must be keys with values, such as key: country' },
);

const oneOrMore = z.union([text, z.array(text).min(1, { error: 'must name at least one' })], {
  error: 'must be a name, or a list of names',
});

/** jobs/*.yml */
export const jobForm = z.strictObject(
  {
    cron: text.optional(),
    every: text.optional(),
    when: oneOrMore.optional(),
    at_most_every: text.optional(),
    run: oneOrMore,
    retry: z.number({ error: 'must be a number of times' }).optional(),
    timeout: text.optional(),
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the file, in a value nobody awaits
    then: oneOrMore.optional(),
    on_failure: text.optional(),
  },
  { error: 'must be keys with values, such as run: gold' },
);

/** publish/*.yml */
export const publicationForm = z.strictObject(
  {
    to: text,
    tables: mapOf(text, 'must be a block of table: target lines'),
    reconcile: text.optional(),
  },
  { error: 'must be keys with values, such as to: warehouse' },
);

/** alerts/*.yml */
export const alertForm = z.strictObject(
  { title: text.optional(), rows: text, notify: oneOrMore, remind: text.optional() },
  { error: 'must be keys with values, such as rows: select …' },
);

const tile = z.strictObject(
  {
    number: text.optional(),
    line: text.optional(),
    bar: text.optional(),
    table: text.optional(),
    title: text.optional(),
    format: text.optional(),
    x: text.optional(),
    y: oneOrMore.optional(),
    by: text.optional(),
  },
  { error: 'must be a tile such as - number: select …' },
);

/** dashboards/*.yml */
export const dashboardForm = z.strictObject(
  {
    title: text.optional(),
    filters: mapOf(text, 'must be a block of name: filter lines').optional(),
    tiles: z.array(tile, { error: 'must be a list of tiles' }),
  },
  { error: 'must be keys with values, such as title: Sales' },
);

const rows = z.union([text, z.array(text)], {
  error: 'must be rows as CSV, or a list of them in the order they arrive',
});

/** tests/*.test.yml */
export const testForm = z.strictObject(
  {
    test: text.describe('The model, such as silver.orders'),
    description: text.optional().describe('What is shown here, for people'),
    now: text.optional().describe('The moment at which current_date and now() stand: 2026-03-10 12:00:00'),
    given: mapOf(rows, 'must be a block of table: rows').describe(
      'Rows of the inputs; those that are left out are empty',
    ),
    arrival: z
      .enum(['any'])
      .optional()
      .describe('any: the rows at the end are the same in whatever order those that are given come'),
    expect: rows.optional().describe('All rows of the model; a list: after each arrival'),
    quarantined: text.optional().describe('All rows that are put aside, with _reasons'),
    with: mapOf(text, 'must be a block of name: rows').optional().describe('Rows of what the model names in its WITH'),
  },
  { error: 'must be keys with values, such as test: silver.orders' },
);
