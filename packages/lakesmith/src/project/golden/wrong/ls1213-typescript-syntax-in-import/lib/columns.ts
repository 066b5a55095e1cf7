export const columns: string[ = ['order_id'];
