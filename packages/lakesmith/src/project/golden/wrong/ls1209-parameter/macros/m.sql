create macro f(a integer) as a;
