/* ---
key: broker_id
--- */
select employee_id as broker_id, name, branch, manager_id from bronze.employees where job_code = 314
