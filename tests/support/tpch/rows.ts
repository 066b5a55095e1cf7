import type { Dice } from '../../../packages/lakesmith/src/core/dice.ts';
import { tpchTables } from './queries.ts';

type Row = Readonly<Record<string, string | number>>;

const regions = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'];
const nations: readonly (readonly [name: string, region: number])[] = [
  ['BRAZIL', 1],
  ['CANADA', 1],
  ['FRANCE', 3],
  ['GERMANY', 3],
  ['INDIA', 2],
  ['CHINA', 2],
  ['SAUDI ARABIA', 4],
];

/** A few rows of the tables of TPC-H, of such values that its questions have answers, which can be changed. */
export class TpchRows {
  readonly #dice: Dice;
  readonly #tables: Map<string, Row[]> = new Map();
  #changed: Set<string> = new Set(Object.keys(tpchTables));
  #orders = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
    const many = (count: number, make: (i: number) => Row): Row[] =>
      Array.from({ length: count }, (_, i) => make(i + 1));
    this.#tables.set(
      'region',
      many(regions.length, (i) => ({ r_regionkey: i - 1, r_name: regions[i - 1] ?? '' })),
    );
    this.#tables.set(
      'nation',
      many(nations.length, (i) => ({
        n_nationkey: i - 1,
        n_name: nations[i - 1]?.[0] ?? '',
        n_regionkey: nations[i - 1]?.[1] ?? 0,
      })),
    );
    this.#tables.set(
      'supplier',
      many(14, (i) => this.#supplier(i)),
    );
    this.#tables.set(
      'customer',
      many(30, (i) => this.#customer(i)),
    );
    this.#tables.set(
      'part',
      many(20, (i) => this.#part(i)),
    );
    this.#tables.set(
      'partsupp',
      many(60, (i) => this.#partsupp(i)),
    );
    this.#tables.set('orders', []);
    this.#tables.set('lineitem', []);
    for (let i = 0; i < 150; i++) this.#order();
  }

  /** Tables with other rows than when they were last written. */
  changed(): readonly string[] {
    return [...this.#changed];
  }

  /** The rows of a table as a file. */
  csv(name: string): string {
    this.#changed.delete(name);
    const columns = Object.keys(tpchTables[name] ?? {});
    const lines = this.#rows(name).map((row) => columns.map((column) => String(row[column] ?? '')).join(','));
    return `${[columns.join(','), ...lines].join('\n')}\n`;
  }

  /** Orders go and come with their lines, and rows of the other tables get new values. */
  change(names: readonly string[]): void {
    if (names.includes('orders')) {
      const gone = new Set(
        this.#rows('orders')
          .filter(() => this.#dice.chance(0.05))
          .map((row) => row['o_orderkey']),
      );
      this.#tables.set(
        'orders',
        this.#rows('orders').filter((row) => !gone.has(row['o_orderkey'])),
      );
      this.#tables.set(
        'lineitem',
        this.#rows('lineitem').filter((row) => !gone.has(row['l_orderkey'])),
      );
      for (let i = 0; i < 6; i++) this.#order();
      this.#changed.add('lineitem');
    }
    const remade: Readonly<Record<string, (i: number) => Row>> = {
      supplier: (i) => this.#supplier(i),
      customer: (i) => this.#customer(i),
      part: (i) => this.#part(i),
    };
    for (const [name, make] of Object.entries(remade)) {
      if (!names.includes(name)) continue;
      this.#tables.set(
        name,
        this.#rows(name).map((row, i) => (this.#dice.chance(0.1) ? make(i + 1) : row)),
      );
    }
    for (const name of names) this.#changed.add(name);
  }

  #rows(name: string): Row[] {
    return this.#tables.get(name) ?? [];
  }

  #money(limit: number): string {
    return (this.#dice.below(limit * 100) / 100).toFixed(2);
  }

  #date(from: string, days: number): string {
    return new Date(Date.parse(from) + this.#dice.below(days) * 86_400_000).toISOString().slice(0, 10);
  }

  #supplier(i: number): Row {
    return {
      s_suppkey: i,
      s_name: `Supplier ${i}`,
      s_nationkey: this.#dice.pick([1, 2, 3, 4, 4, 5, 6, 6, 0]),
      s_phone: `${10 + this.#dice.below(20)}-1`,
      s_acctbal: this.#money(900),
      s_comment: this.#dice.chance(0.1) ? 'Customer Complaints' : 'fine',
    };
  }

  #customer(i: number): Row {
    return {
      c_custkey: i,
      c_name: `Customer ${i}`,
      c_nationkey: this.#dice.pick([1, 2, 3, 4, 4, 5, 5, 6]),
      c_phone: `${this.#dice.pick(['13', '31', '23', '29', '11'])}-${i}`,
      c_acctbal: this.#money(900),
      c_mktsegment: this.#dice.pick(['BUILDING', 'BUILDING', 'MACHINERY']),
    };
  }

  #part(i: number): Row {
    return {
      p_partkey: i,
      p_name: `${this.#dice.pick(['green', 'dark green', 'red'])} part`,
      p_mfgr: `Maker ${this.#dice.below(3)}`,
      p_brand: this.#dice.pick(['Brand#12', 'Brand#23', 'Brand#23', 'Brand#45']),
      p_type: this.#dice.pick(['ECONOMY ANODIZED STEEL', 'PROMO BRASS', 'SMALL BRASS', 'MEDIUM POLISHED TIN']),
      p_size: this.#dice.pick([15, 15, 49, 14, 3]),
      p_container: this.#dice.pick(['MED BOX', 'MED BOX', 'JAR']),
    };
  }

  #partsupp(i: number): Row {
    return {
      ps_partkey: ((i - 1) % 20) + 1,
      ps_suppkey: 1 + ((i * 5) % 14),
      ps_availqty: 60 + this.#dice.below(900),
      ps_supplycost: this.#money(90),
    };
  }

  #order(): void {
    this.#orders += 1;
    const key = this.#orders;
    const date = this.#date(
      this.#dice.pick([
        '1993-07-01',
        '1993-10-01',
        '1994-06-01',
        '1994-02-01',
        '1995-02-25',
        '1995-08-15',
        '1996-01-01',
      ]),
      80,
    );
    this.#rows('orders').push({
      o_orderkey: key,
      o_custkey: 1 + this.#dice.below(20),
      o_orderstatus: this.#dice.pick(['F', 'O']),
      o_totalprice: this.#money(9000),
      o_orderdate: date,
      o_orderpriority: this.#dice.pick(['1-URGENT', '2-HIGH', '5-LOW']),
      o_shippriority: 0,
      o_comment: this.#dice.chance(0.2) ? 'special requests' : 'plain',
    });
    const lines = 1 + this.#dice.below(5);
    for (let line = 1; line <= lines; line++) this.#line(key, line, date);
  }

  #line(order: number, line: number, date: string): void {
    const part = this.#dice.below(60);
    this.#rows('lineitem').push({
      l_orderkey: order,
      l_partkey: (part % 20) + 1,
      l_suppkey: 1 + (((part + 1) * 5) % 14),
      l_linenumber: line,
      l_quantity: this.#dice.pick([1, 5, 12, 20, 40]),
      l_extendedprice: this.#money(900),
      l_discount: this.#dice.pick(['0.00', '0.05', '0.06']),
      l_tax: '0.08',
      l_returnflag: this.#dice.pick(['R', 'A', 'N']),
      l_linestatus: this.#dice.pick(['F', 'O']),
      l_shipdate: this.#date(date, 30),
      l_commitdate: this.#date(date, 60),
      l_receiptdate: this.#date(date, 70),
      l_shipinstruct: this.#dice.pick(['DELIVER IN PERSON', 'NONE']),
      l_shipmode: this.#dice.pick(['MAIL', 'SHIP', 'AIR']),
    });
  }
}
