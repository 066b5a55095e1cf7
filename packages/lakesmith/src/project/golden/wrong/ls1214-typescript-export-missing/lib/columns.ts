export const columns = 'order_id';
