create macro f(a) as g(a);
create macro g(a) as f(a);
create macro own(a) as own(a) + 1;
