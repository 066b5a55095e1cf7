// What the engine's functions do, as far as the tree alone cannot tell. Tests compare the lists with the engine's own.

const aggregates: ReadonlySet<string> = new Set(
  `any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_max_nulls_last arg_min arg_min_null
  arg_min_nulls_last argmax argmin array_agg avg bit_and bit_or bit_xor bitstring_agg bool_and bool_or corr count count_if count_star
  countif covar_pop covar_samp cume_dist dense_rank entropy favg fill first first_value fsum geomean geometric_mean group_concat histogram histogram_exact kahan_sum
  kurtosis kurtosis_pop lag last last_value lead list listagg mad max max_by mean median min min_by mode nth_value ntile percent_rank
  product quantile quantile_cont quantile_disc rank rank_dense regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx
  regr_sxy regr_syy reservoir_quantile row_number sem skewness stddev stddev_pop stddev_samp string_agg sum sum_no_overflow sumkahan
  var_pop var_samp variance wavg weighted_avg`.split(/\s+/),
);

/** Different from call to call, or from session to session. */
const volatiles: ReadonlySet<string> = new Set(
  `random setseed uuid uuidv4 uuidv7 gen_random_uuid nextval currval txid_current current_query current_query_id current_transaction_id
  current_connection_id current_user current_role user session_user current_schema current_schemas current_database current_catalog current_setting
  getvariable getenv in_search_path sleep_ms write_log stats version pg_postmaster_start_time`.split(/\s+/),
);

/** What they give tells nothing of the values that they are given. */
const anonymising: ReadonlySet<string> = new Set(
  `approx_count_distinct count count_if count_star countif entropy hash md5 md5_number md5_number_lower md5_number_upper sha1 sha256`.split(
    /\s+/,
  ),
);

const days: ReadonlySet<string> = new Set(['current_date', 'today']);

const moments: ReadonlySet<string> = new Set(
  `now current_timestamp get_current_timestamp transaction_timestamp localtimestamp current_localtimestamp
  current_time get_current_time localtime current_localtime`.split(/\s+/),
);

const closedTableFunctions: ReadonlySet<string> = new Set([
  'unnest',
  'range',
  'generate_series',
  'json_each',
  'json_tree',
  'repeat',
  'repeat_row',
]);

/** True for functions whose result tells nothing of the values that they are given: hashes, counts. */
export function isAnonymising(name: string): boolean {
  return anonymising.has(name.toLowerCase());
}

/** True for functions that make one value of many rows. */
export function isAggregate(name: string): boolean {
  return aggregates.has(name.toLowerCase());
}

/** True for functions whose value does not follow from their arguments and the clock. */
export function isVolatile(name: string): boolean {
  return volatiles.has(name.toLowerCase());
}

/** What a function or keyword without arguments tells of the clock: the day, the moment, or nothing. */
export function clockReading(name: string): 'day' | 'moment' | undefined {
  const known = name.toLowerCase();
  if (days.has(known)) return 'day';
  return moments.has(known) ? 'moment' : undefined;
}

const lambdaTakers: ReadonlySet<string> = new Set(
  `reduce list_apply list_reduce list_filter filter array_apply array_filter list_transform apply array_transform array_reduce`.split(
    /\s+/,
  ),
);

/** True for functions whose `x -> …` argument is a lambda; anywhere else the arrow reaches into JSON. */
export function takesLambda(name: string): boolean {
  return lambdaTakers.has(name.toLowerCase());
}

/** True for table functions whose rows follow from their arguments: nothing outside the query is read. */
export function isClosedTableFunction(name: string): boolean {
  return closedTableFunctions.has(name.toLowerCase());
}
