create macro Median(a) as a;
create macro range(a) as table select 1;
