/* ---
kind: stream
--- */
select 1 as one
