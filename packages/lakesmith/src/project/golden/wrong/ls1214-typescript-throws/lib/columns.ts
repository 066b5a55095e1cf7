const known: Record<string, string[]> = { orders: ['order_id'] };

export function columnsOf(table: string): string {
  return known[table]!.join(', ');
}
