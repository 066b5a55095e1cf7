select id, n from reference.r
