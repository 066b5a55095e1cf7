create macro late(a) as
  a + + ;
