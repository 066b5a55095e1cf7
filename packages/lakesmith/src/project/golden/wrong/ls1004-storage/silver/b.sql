/* ---
file_size: 128MB
retention: 30d
properties:
  delta.targetFileSize: 64MB
  delta.logRetentionDuration: interval 7 days
--- */
select id, amount from bronze.orders
