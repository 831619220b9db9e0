const [colon, open] = [0x3a, 0x5b];

/** Where the array starts that is the value of a key which ends before `from`; -1 where there is no colon or no array. */
export function arrayStart(body: Buffer, from: number): number {
  let at = from;
  while (isSpace(body[at])) at += 1;
  if (body[at] !== colon) return -1;
  at += 1;
  while (isSpace(body[at])) at += 1;
  return body[at] === open ? at : -1;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
