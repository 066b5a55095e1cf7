create macro f(a) as a;
create or replace macro F(a) as a + 1;
