create macro late() as table
select * from bronze.ordrs;
