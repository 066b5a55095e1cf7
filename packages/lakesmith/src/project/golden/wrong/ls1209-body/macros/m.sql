create macro f(a) as a, a + 1;
create macro g(a) as table values_of(a);
create macro h(a) as;
