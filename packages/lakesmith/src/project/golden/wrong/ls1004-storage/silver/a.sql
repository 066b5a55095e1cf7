/* ---
partition_by: id
cluster_by: amount
retention: 0d
file_size: huge
properties:
  delta.checkpointInterval: 0
  delta.checkpointIntervall: 10
  delta.columnMapping.mode: name
  delta.minReaderVersion: 3
  delta.constraints.positive: amount > 0
  delta.appendOnly: true
  delta.unheardOf: 1
  owner: sales
--- */
select id, amount from bronze.orders
