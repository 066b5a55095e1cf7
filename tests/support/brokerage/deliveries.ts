import type { Dice } from '../../../packages/lakesmith/src/core/dice.ts';

type Cell = string | number | undefined;

interface Trade {
  readonly id: number;
  readonly symbol: string;
  readonly account: number;
  readonly quantity: number;
  status: string;
  day: number;
}

/** What the systems of a brokerage deliver: first years of history, then a day's files at a time, of which some tell of what was long ago. */
export class Deliveries {
  readonly #dice: Dice;
  readonly #customers: number[] = [];
  readonly #accounts: { id: number; customer: number }[] = [];
  readonly #symbols: string[] = [];
  readonly #trades: Trade[] = [];
  readonly #prospects = new Map<string, readonly Cell[]>();
  readonly #employees = new Map<number, readonly Cell[]>();
  #files = new Map<string, Cell[][]>();
  #seq = 0;
  #day = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** The files of the years before. */
  history(): ReadonlyMap<string, string> {
    this.#people(12);
    for (let cik = 1; cik <= 4; cik++) this.#company(cik);
    for (let i = 0; i < 8; i++) this.#security(`SY${i}`, 1 + (i % 4));
    for (let i = 0; i < 15; i++) this.#newCustomer();
    for (let i = 0; i < 20; i++) this.#prospect(i);
    for (; this.#day < 400; this.#day += 1) {
      if (this.#day % 90 === 0) for (let cik = 1; cik <= 4; cik++) this.#earnings(cik, this.#day);
      if (this.#day % 4 === 0) this.#market(this.#day, 1);
      if (this.#day % 5 === 0) this.#work(this.#day);
    }
    return this.#taken();
  }

  /** The files of the next day, with some of what was forgotten for a month. */
  next(): ReadonlyMap<string, string> {
    this.#day += 1;
    this.#work(this.#day);
    this.#market(this.#day, 0.7);
    const late = this.#day - 30;
    this.#newTrade(late);
    this.#cash(late);
    this.#market(late + 0.5, 0.2);
    if (this.#dice.chance(0.5)) this.#changeCustomer(late);
    if (this.#dice.chance(0.6)) this.#company(1 + this.#dice.below(4));
    if (this.#dice.chance(0.5)) this.#security(this.#dice.pick(this.#symbols), 1 + this.#dice.below(4));
    if (this.#dice.chance(0.5)) this.#earnings(1 + this.#dice.below(4), this.#day);
    if (this.#dice.chance(0.7)) this.#prospect(this.#dice.below(25));
    if (this.#dice.chance(0.4)) this.#people(1);
    return this.#taken();
  }

  #work(day: number): void {
    if (this.#dice.chance(0.3)) this.#newCustomer();
    if (this.#dice.chance(0.5)) this.#changeCustomer(day);
    for (let i = 0; i < 2; i++) this.#newTrade(day);
    for (let i = 0; i < 3; i++) this.#goOn(day);
    this.#cash(day);
    const customer = this.#dice.pick(this.#customers);
    const action = this.#dice.chance(0.7) ? 'ACTV' : 'CNCL';
    this.#add('watches', [customer, this.#dice.pick(this.#symbols), this.#moment(day), action]);
  }

  #newCustomer(): void {
    const id = this.#customers.length + 1;
    this.#customers.push(id);
    const account = this.#accounts.length + 1;
    this.#accounts.push({ id: account, customer: id });
    // One in eight has no name, and is put aside until one is told.
    const name = this.#dice.chance(0.125) ? undefined : `Name${this.#dice.below(12)}`;
    const own = [id, account, `T${id}`, name, 1 + this.#dice.below(3), this.#country(), `U${id}@Mail.example`];
    this.#told('NEW', this.#day, [...own, 1 + this.#dice.below(8), this.#dice.below(3)]);
  }

  #changeCustomer(day: number): void {
    const { id, customer } = this.#dice.pick(this.#accounts);
    const none = undefined;
    switch (this.#dice.below(5)) {
      case 0:
        return this.#told('UPDCUST', day, [customer, none, none, `Name${this.#dice.below(12)}`, none, none, none]);
      case 1:
        return this.#told('UPDCUST', day, [customer, none, none, none, 1 + this.#dice.below(4), this.#country()]);
      case 2:
        return this.#told('UPDACCT', day, [customer, id, none, none, none, none, none, 1 + this.#dice.below(8)]);
      case 3:
        return this.#told(this.#dice.chance(0.5) ? 'CLOSEACCT' : 'UPDACCT', day, [customer, id]);
      default:
        return this.#told('INACT', day, [customer]);
    }
  }

  #told(action: string, day: number, rest: readonly Cell[]): void {
    this.#seq += 1;
    const cells = [this.#seq, action, this.#moment(day), ...rest];
    this.#add('customers', [...cells, ...Array.from({ length: 12 - cells.length }, () => undefined)]);
  }

  #newTrade(day: number): void {
    const trade: Trade = {
      id: this.#trades.length + 1,
      symbol: this.#dice.pick(this.#symbols),
      account: this.#dice.pick(this.#accounts).id,
      quantity: 1 + this.#dice.below(500),
      status: this.#dice.chance(0.5) ? 'SBMT' : 'PNDG',
      day,
    };
    this.#trades.push(trade);
    this.#state('I', trade);
  }

  /** A trade that is not ended goes on. */
  #goOn(day: number): void {
    const open = this.#trades.filter(({ status }) => status === 'PNDG' || status === 'SBMT');
    if (open.length === 0) return;
    const trade = this.#dice.pick(open);
    trade.day = day;
    trade.status =
      trade.status === 'PNDG' && this.#dice.chance(0.5) ? 'SBMT' : this.#dice.pick(['CMPT', 'CMPT', 'CNCL']);
    this.#state('U', trade);
    if (trade.status !== 'CMPT') return;
    const held = this.#dice.chance(0.6) ? trade.id : this.#dice.pick(this.#trades).id;
    this.#add('holdings', [held, trade.id, held === trade.id ? 0 : trade.quantity, this.#dice.below(500)]);
  }

  #state(flag: string, trade: Trade): void {
    this.#seq += 1;
    const ended = trade.status === 'CMPT';
    const type = ['TMB', 'TMS', 'TLB', 'TLS'][trade.id % 4];
    const paid = ended ? [this.#price(), this.#price(), this.#price()] : [undefined, undefined, undefined];
    const named = [trade.id, this.#moment(trade.day), trade.status, type, trade.symbol];
    this.#add('trades', [flag, this.#seq, ...named, trade.quantity, this.#price(), trade.account, ...paid]);
  }

  #cash(day: number): void {
    const amount = (this.#dice.below(200_000) - 80_000) / 100;
    this.#add('cash', [this.#dice.pick(this.#accounts).id, this.#moment(day), amount.toFixed(2), 'moved']);
  }

  #market(day: number, share: number): void {
    for (const symbol of this.#symbols) {
      if (!this.#dice.chance(share)) continue;
      const low = 10 + this.#dice.below(90);
      const date = this.#date(Math.floor(day));
      // A second report of a day would be another day's: one of each is enough.
      const key = `${date} ${symbol}`;
      if (this.#reported.has(key)) continue;
      this.#reported.add(key);
      this.#add('market', [date, symbol, low + 5, low + this.#dice.below(20) + 5, low, this.#dice.below(10_000)]);
    }
  }
  readonly #reported = new Set<string>();

  /** Places 1 to 8 are the day, 9 to 11 the kind. */
  #wire(day: number, kind: string, rest: string): void {
    const key = `${this.#date(day)} ${kind} ${rest.slice(0, kind === 'FIN' ? 9 : kind === 'SEC' ? 6 : 4)}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#add('finwire', [`${this.#date(day).replaceAll('-', '')}${kind}${rest}`]);
  }

  #company(cik: number): void {
    const name = `Company ${cik}${this.#dice.below(3)}`.padEnd(12);
    const industry = this.#dice.pick(['BK', 'OG', 'SW', 'XX']);
    this.#wire(
      this.#day,
      'CMP',
      `${String(cik).padStart(4, '0')}${name}${industry}${this.#dice.pick(['AAA', 'B', ''])}`,
    );
  }

  #security(symbol: string, cik: number): void {
    if (!this.#symbols.includes(symbol)) this.#symbols.push(symbol);
    const shares = String(this.#dice.below(9999)).padStart(4, '0');
    this.#wire(this.#day, 'SEC', `${symbol.padEnd(6)}${shares}${String(cik).padStart(4, '0')}`);
  }

  #earnings(cik: number, day: number): void {
    const [year = '', month = '1'] = this.#date(day).split('-');
    const quarter = Math.ceil(Number(month) / 3);
    const key = `FIN ${cik} ${year} ${quarter}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    const eps = (this.#dice.below(900) / 100 - 1).toFixed(2).padStart(8, ' ');
    this.#wire(day, 'FIN', `${String(cik).padStart(4, '0')}${year}${quarter}${eps}`);
  }

  #prospect(number: number): void {
    const known = this.#customers.length > 0 && this.#dice.chance(0.4);
    const id = known ? this.#dice.pick(this.#customers) : 0;
    const named = [`Name${this.#dice.below(12)}`, known ? `u${id}@mail.example` : `p${number}@mail.example`];
    const numbers = [this.#dice.below(2_000_000), this.#dice.below(300_000), 400 + this.#dice.below(400)];
    this.#prospects.set(`A${number}`, [`A${number}`, ...named, ...numbers, 20 + this.#dice.below(60)]);
    this.#files.set(
      'prospects',
      [...this.#prospects.values()].map((row) => [...row]),
    );
  }

  #people(count: number): void {
    for (let i = 0; i < count; i++) {
      const id = 1 + (count > 1 ? i : this.#dice.below(14));
      const job = this.#dice.chance(0.75) ? 314 : 100;
      this.#employees.set(id, [id, 1, `Broker ${id}${this.#dice.below(3)}`, job, this.#dice.pick(['north', 'south'])]);
    }
    this.#files.set(
      'employees',
      [...this.#employees.values()].map((row) => [...row]),
    );
  }

  #country(): string {
    return this.#dice.pick(['FR', 'DE', 'BR']);
  }

  #price(): string {
    return (1 + this.#dice.below(10_000) / 100).toFixed(2);
  }

  #date(day: number): string {
    return new Date(Date.UTC(2015, 0, 1 + day)).toISOString().slice(0, 10);
  }

  /** Some time of a day; no two are the same. */
  #moment(day: number): string {
    this.#seconds += 1;
    const time = Date.UTC(2015, 0, 1 + day) + (this.#seconds % 86_400) * 1000;
    return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
  }
  #seconds = 0;

  #add(table: string, cells: readonly Cell[]): void {
    this.#files.set(table, [...(this.#files.get(table) ?? []), [...cells]]);
  }

  #taken(): ReadonlyMap<string, string> {
    const files = this.#files;
    this.#files = new Map();
    return new Map([...files].map(([table, rows]) => [table, csv(columns[table] ?? [], rows)]));
  }
}

const columns: Readonly<Record<string, readonly string[]>> = {
  customers:
    'seq action happened_at customer_id account_id tax_id last_name tier country email broker_id tax_status'.split(' '),
  employees: 'employee_id manager_id name job_code branch'.split(' '),
  finwire: ['line'],
  trades:
    'cdc_flag cdc_dsn trade_id happened_at status_id type_id symbol quantity bid_price account_id trade_price fee commission'.split(
      ' ',
    ),
  holdings: 'held_trade_id trade_id quantity_before quantity_after'.split(' '),
  cash: 'account_id happened_at amount name'.split(' '),
  market: 'day symbol close high low volume'.split(' '),
  watches: 'customer_id symbol happened_at action'.split(' '),
  prospects: 'agency_id last_name email net_worth income credit_rating age'.split(' '),
};

function csv(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [names.join(','), ...rows.map((row) => row.map((cell) => cell ?? '').join(','))]
    .map((line) => `${line}\n`)
    .join('');
}
