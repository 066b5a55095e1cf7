create macro f(a) as a + 1;
select 1;
