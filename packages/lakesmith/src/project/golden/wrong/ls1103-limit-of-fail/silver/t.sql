/* ---
expect:
  fail up to 3:
    positive: n > 0
--- */
select id, n from reference.r
