import { BadThrift, Thrift, kinds } from '../parquet/thrift.ts';

/** Levels of groups in a schema. The engine goes as deep as a footer says before it looks further, and its stack ends some thousands later. */
const deepestGroup = 500;

/** What is wrong with the footer of a Parquet file (the bytes before its length), or undefined. Values themselves are not looked at. */
export function footerFault(footer: Uint8Array): string | undefined {
  try {
    return faultOf(readFooter(new Thrift(footer)));
  } catch (error) {
    if (error instanceof BadThrift) return error.message;
    throw error;
  }
}

/** The facts of a footer that must agree. */
interface Footer {
  rows: number;
  readonly groupRows: number[];
  /** Children of each element of the schema, in order. */
  readonly children: number[];
}

function readFooter(thrift: Thrift): Footer {
  const footer: Footer = { rows: 0, groupRows: [], children: [] };
  thrift.struct(0, (field, type) => {
    if (field === 2 && type === kinds.list) {
      thrift.list(0, (element) => footer.children.push(numberIn(thrift, element, 5)));
    } else if (field === 3 && type === kinds.int64) footer.rows = thrift.integer();
    else if (field === 4 && type === kinds.list) {
      thrift.list(0, (element) => footer.groupRows.push(numberIn(thrift, element, 3)));
    } else return false;
    return true;
  });
  return footer;
}

/** Goes over a value; gives the integer in a field of it, 0 when there is none. */
function numberIn(thrift: Thrift, type: number, wanted: number): number {
  let found = 0;
  if (type !== kinds.struct) throw new BadThrift('its footer lists something else than it should');
  thrift.struct(1, (field, inner) => {
    if (field !== wanted || (inner !== kinds.int32 && inner !== kinds.int64)) return false;
    found = thrift.integer();
    return true;
  });
  return found;
}

function faultOf({ rows, groupRows, children }: Footer): string | undefined {
  const sum = groupRows.reduce((total, count) => total + count, 0);
  if (groupRows.some((count) => count < 0) || sum !== rows)
    return `its footer speaks of ${rows} rows, and its parts of ${sum}`;
  // Elements that are still to come, on each level above.
  const open: number[] = [];
  for (const count of children) {
    while (open.at(-1) === 0) open.pop();
    const above = open.pop();
    if (above !== undefined) open.push(above - 1);
    if (count < 0) return 'its schema has a group with fewer than no fields';
    if (count > 0) open.push(count);
    if (open.length > deepestGroup) return `its schema is nested more than ${deepestGroup} levels deep`;
  }
  return open.some((count) => count > 0) ? 'its schema ends too early' : undefined;
}
