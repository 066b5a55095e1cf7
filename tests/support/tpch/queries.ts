/** The twenty-two questions of TPC-H as models: without LIMIT, since a table has all its rows, and over tables of bronze. */
export const tpchQueries: Readonly<Record<string, string>> = {
  q01: `select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price,
      sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge,
      avg(l_quantity) as avg_qty, count(*) as count_order
    from bronze.lineitem where l_shipdate <= date '1998-09-02' group by l_returnflag, l_linestatus`,
  q02: `select s_acctbal, s_name, n_name, p_partkey, p_mfgr
    from bronze.part, bronze.supplier, bronze.partsupp, bronze.nation, bronze.region
    where p_partkey = ps_partkey and s_suppkey = ps_suppkey and p_size = 15 and p_type like '%BRASS'
      and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'EUROPE'
      and ps_supplycost = (select min(ps_supplycost) from bronze.partsupp, bronze.supplier, bronze.nation, bronze.region
        where p_partkey = ps_partkey and s_suppkey = ps_suppkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey
          and r_name = 'EUROPE')`,
  q03: `select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority
    from bronze.customer, bronze.orders, bronze.lineitem
    where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey
      and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15'
    group by l_orderkey, o_orderdate, o_shippriority`,
  q04: `select o_orderpriority, count(*) as order_count from bronze.orders
    where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-10-01'
      and exists (select * from bronze.lineitem where l_orderkey = o_orderkey and l_commitdate < l_receiptdate)
    group by o_orderpriority`,
  q05: `select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue
    from bronze.customer, bronze.orders, bronze.lineitem, bronze.supplier, bronze.nation, bronze.region
    where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey
      and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA'
      and o_orderdate >= date '1994-01-01' and o_orderdate < date '1995-01-01'
    group by n_name`,
  q06: `select sum(l_extendedprice * l_discount) as revenue from bronze.lineitem
    where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01' and l_discount between 0.05 and 0.07 and l_quantity < 24`,
  q07: `select supp_nation, cust_nation, l_year, sum(volume) as revenue
    from (select n1.n_name as supp_nation, n2.n_name as cust_nation, extract(year from l_shipdate) as l_year,
        l_extendedprice * (1 - l_discount) as volume
      from bronze.supplier, bronze.lineitem, bronze.orders, bronze.customer, bronze.nation n1, bronze.nation n2
      where s_suppkey = l_suppkey and o_orderkey = l_orderkey and c_custkey = o_custkey and s_nationkey = n1.n_nationkey
        and c_nationkey = n2.n_nationkey
        and ((n1.n_name = 'FRANCE' and n2.n_name = 'GERMANY') or (n1.n_name = 'GERMANY' and n2.n_name = 'FRANCE'))
        and l_shipdate between date '1995-01-01' and date '1996-12-31') as shipping
    group by supp_nation, cust_nation, l_year`,
  q08: `select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) as brazil, sum(volume) as volume
    from (select extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) as volume, n2.n_name as nation
      from bronze.part, bronze.supplier, bronze.lineitem, bronze.orders, bronze.customer, bronze.nation n1, bronze.nation n2,
        bronze.region
      where p_partkey = l_partkey and s_suppkey = l_suppkey and l_orderkey = o_orderkey and o_custkey = c_custkey
        and c_nationkey = n1.n_nationkey and n1.n_regionkey = r_regionkey and r_name = 'AMERICA' and s_nationkey = n2.n_nationkey
        and o_orderdate between date '1995-01-01' and date '1996-12-31' and p_type = 'ECONOMY ANODIZED STEEL') as all_nations
    group by o_year`,
  q09: `select nation, o_year, sum(amount) as sum_profit
    from (select n_name as nation, extract(year from o_orderdate) as o_year,
        l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity as amount
      from bronze.part, bronze.supplier, bronze.lineitem, bronze.partsupp, bronze.orders, bronze.nation
      where s_suppkey = l_suppkey and ps_suppkey = l_suppkey and ps_partkey = l_partkey and p_partkey = l_partkey
        and o_orderkey = l_orderkey and s_nationkey = n_nationkey and p_name like '%green%') as profit
    group by nation, o_year`,
  q10: `select c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) as revenue, c_acctbal, n_name, c_phone
    from bronze.customer, bronze.orders, bronze.lineitem, bronze.nation
    where c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate >= date '1993-10-01' and o_orderdate < date '1994-01-01'
      and l_returnflag = 'R' and c_nationkey = n_nationkey
    group by c_custkey, c_name, c_acctbal, c_phone, n_name`,
  q11: `select ps_partkey, sum(ps_supplycost * ps_availqty) as value
    from bronze.partsupp, bronze.supplier, bronze.nation
    where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY'
    group by ps_partkey
    having sum(ps_supplycost * ps_availqty) > (select sum(ps_supplycost * ps_availqty) * 0.0001
      from bronze.partsupp, bronze.supplier, bronze.nation
      where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY')`,
  q12: `select l_shipmode, sum(case when o_orderpriority = '1-URGENT' or o_orderpriority = '2-HIGH' then 1 else 0 end) as high_line_count,
      sum(case when o_orderpriority <> '1-URGENT' and o_orderpriority <> '2-HIGH' then 1 else 0 end) as low_line_count
    from bronze.orders, bronze.lineitem
    where o_orderkey = l_orderkey and l_shipmode in ('MAIL', 'SHIP') and l_commitdate < l_receiptdate and l_shipdate < l_commitdate
      and l_receiptdate >= date '1994-01-01' and l_receiptdate < date '1995-01-01'
    group by l_shipmode`,
  q13: `select c_count, count(*) as custdist
    from (select c_custkey, count(o_orderkey) as c_count
      from bronze.customer left join bronze.orders on c_custkey = o_custkey and o_comment not like '%special%requests%'
      group by c_custkey) as c_orders
    group by c_count`,
  q14: `select 100.00 * sum(case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end)
      / sum(l_extendedprice * (1 - l_discount)) as promo_revenue
    from bronze.lineitem, bronze.part
    where l_partkey = p_partkey and l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-10-01'`,
  q15: `with revenue as (select l_suppkey as supplier_no, sum(l_extendedprice * (1 - l_discount)) as total_revenue
      from bronze.lineitem where l_shipdate >= date '1996-01-01' and l_shipdate < date '1996-04-01' group by l_suppkey)
    select s_suppkey, s_name, s_phone, total_revenue from bronze.supplier, revenue
    where s_suppkey = supplier_no and total_revenue = (select max(total_revenue) from revenue)`,
  q16: `select p_brand, p_type, p_size, count(distinct ps_suppkey) as supplier_cnt
    from bronze.partsupp, bronze.part
    where p_partkey = ps_partkey and p_brand <> 'Brand#45' and p_type not like 'MEDIUM POLISHED%' and p_size in (49, 14, 23, 45, 19, 3, 36, 9)
      and ps_suppkey not in (select s_suppkey from bronze.supplier where s_comment like '%Customer%Complaints%')
    group by p_brand, p_type, p_size`,
  q17: `select sum(l_extendedprice) / 7.0 as avg_yearly
    from bronze.lineitem, bronze.part
    where p_partkey = l_partkey and p_brand = 'Brand#23' and p_container = 'MED BOX'
      and l_quantity < (select 0.2 * avg(l_quantity) from bronze.lineitem where l_partkey = p_partkey)`,
  q18: `select c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) as quantity
    from bronze.customer, bronze.orders, bronze.lineitem
    where o_orderkey in (select l_orderkey from bronze.lineitem group by l_orderkey having sum(l_quantity) > 100)
      and c_custkey = o_custkey and o_orderkey = l_orderkey
    group by c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice`,
  q19: `select sum(l_extendedprice * (1 - l_discount)) as revenue
    from bronze.lineitem, bronze.part
    where p_partkey = l_partkey and l_shipinstruct = 'DELIVER IN PERSON'
      and ((p_brand = 'Brand#12' and l_quantity between 1 and 11) or (p_brand = 'Brand#23' and l_quantity between 10 and 20))`,
  q20: `select s_name, s_suppkey
    from bronze.supplier, bronze.nation
    where s_suppkey in (select ps_suppkey from bronze.partsupp
        where ps_partkey in (select p_partkey from bronze.part where p_name like 'green%')
          and ps_availqty > (select 0.5 * sum(l_quantity) from bronze.lineitem
            where l_partkey = ps_partkey and l_suppkey = ps_suppkey and l_shipdate >= date '1994-01-01'))
      and s_nationkey = n_nationkey and n_name = 'CANADA'`,
  q21: `select s_name, count(*) as numwait
    from bronze.supplier, bronze.lineitem l1, bronze.orders, bronze.nation
    where s_suppkey = l1.l_suppkey and o_orderkey = l1.l_orderkey and o_orderstatus = 'F' and l1.l_receiptdate > l1.l_commitdate
      and exists (select * from bronze.lineitem l2 where l2.l_orderkey = l1.l_orderkey and l2.l_suppkey <> l1.l_suppkey)
      and not exists (select * from bronze.lineitem l3 where l3.l_orderkey = l1.l_orderkey and l3.l_suppkey <> l1.l_suppkey
        and l3.l_receiptdate > l3.l_commitdate)
      and s_nationkey = n_nationkey and n_name = 'SAUDI ARABIA'
    group by s_name`,
  q22: `select cntrycode, count(*) as numcust, sum(c_acctbal) as totacctbal
    from (select substring(c_phone, 1, 2) as cntrycode, c_acctbal from bronze.customer
      where substring(c_phone, 1, 2) in ('13', '31', '23', '29', '30', '18', '17')
        and c_acctbal > (select avg(c_acctbal) from bronze.customer where c_acctbal > 0.00
          and substring(c_phone, 1, 2) in ('13', '31', '23', '29', '30', '18', '17'))
        and not exists (select * from bronze.orders where o_custkey = c_custkey)) as custsale
    group by cntrycode`,
};

/** The tables of TPC-H as far as its questions read them: the engine's own types. */
export const tpchTables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  region: { r_regionkey: 'INTEGER', r_name: 'VARCHAR' },
  nation: { n_nationkey: 'INTEGER', n_name: 'VARCHAR', n_regionkey: 'INTEGER' },
  supplier: {
    s_suppkey: 'BIGINT',
    s_name: 'VARCHAR',
    s_nationkey: 'INTEGER',
    s_phone: 'VARCHAR',
    s_acctbal: 'DECIMAL(15,2)',
    s_comment: 'VARCHAR',
  },
  customer: {
    c_custkey: 'BIGINT',
    c_name: 'VARCHAR',
    c_nationkey: 'INTEGER',
    c_phone: 'VARCHAR',
    c_acctbal: 'DECIMAL(15,2)',
    c_mktsegment: 'VARCHAR',
  },
  part: {
    p_partkey: 'BIGINT',
    p_name: 'VARCHAR',
    p_mfgr: 'VARCHAR',
    p_brand: 'VARCHAR',
    p_type: 'VARCHAR',
    p_size: 'INTEGER',
    p_container: 'VARCHAR',
  },
  partsupp: { ps_partkey: 'BIGINT', ps_suppkey: 'BIGINT', ps_availqty: 'BIGINT', ps_supplycost: 'DECIMAL(15,2)' },
  orders: {
    o_orderkey: 'BIGINT',
    o_custkey: 'BIGINT',
    o_orderstatus: 'VARCHAR',
    o_totalprice: 'DECIMAL(15,2)',
    o_orderdate: 'DATE',
    o_orderpriority: 'VARCHAR',
    o_shippriority: 'INTEGER',
    o_comment: 'VARCHAR',
  },
  lineitem: {
    l_orderkey: 'BIGINT',
    l_partkey: 'BIGINT',
    l_suppkey: 'BIGINT',
    l_linenumber: 'INTEGER',
    l_quantity: 'DECIMAL(15,2)',
    l_extendedprice: 'DECIMAL(15,2)',
    l_discount: 'DECIMAL(15,2)',
    l_tax: 'DECIMAL(15,2)',
    l_returnflag: 'VARCHAR',
    l_linestatus: 'VARCHAR',
    l_shipdate: 'DATE',
    l_commitdate: 'DATE',
    l_receiptdate: 'DATE',
    l_shipinstruct: 'VARCHAR',
    l_shipmode: 'VARCHAR',
  },
};
