create macro late() as table
select * from read_csv('x.csv');
