create macro f(a, b := 1) as a + b;
