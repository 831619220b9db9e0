/**
 * An id as people can read it: the kind it begins with, and the end, which is what differs between neighbours
 * (`dsv_…vgg65k`); of an id that MLflow's clients know, its beginning (`01a2016e…`). Anything that is no generated id stays as
 * it is.
 */
export function shortId(id: string): string {
  const [foreign] = /^(m-)?[0-9a-f]{8}(?=[0-9a-f]{24}$)/.exec(id) ?? [];
  if (foreign !== undefined) return `${foreign}…`;
  const match = /^([a-z]+_)[0-9a-z]{20,}$/.exec(id);
  return match ? `${match[1]}…${id.slice(-6)}` : id;
}
