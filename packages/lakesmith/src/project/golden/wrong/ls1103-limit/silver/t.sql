/* ---
expect:
  quarantine up to five:
    positive: n > 0
--- */
select id, n from reference.r
