// How far pages have come in the log of changes. A cursor is the server's `<epoch>-<number>`.

/** The cursor of no log: who starts there gets the whole of every view. */
export const STALE = "stale-0";

/**
 * From where to where pages were rendered, or have been brought since: each shows its views as
 * they were after some change from `since` to `until`, both included. The server sends whatever a
 * page in that span may lack, and nothing that only suits a page before or behind it.
 */
export class Span {
  /** @param {string} since @param {string} [until] */
  constructor(since, until = since) {
    this.since = since;
    this.until = until;
  }

  /** Take in pages of another span. @param {{since: string, until: string}} other */
  widen({ since, until }) {
    this.since = older(this.since, since);
    this.until = newer(this.until, until);
  }

  /** One view has come as far as `at`, the others may not have. @param {string} at */
  saw(at) {
    this.until = newer(this.until, at);
  }

  /** All views have come as far as `id`, or farther. @param {string} id */
  reached(id) {
    this.since = id;
    this.until = newer(this.until, id);
  }

  /** Nothing is known any more: the pages get the whole of every view. */
  forget() {
    this.since = STALE;
    this.until = STALE;
  }
}

/** The earlier of two cursors; of different logs it's STALE, which is earlier than any. */
function older(one, other) {
  const [epoch, number] = parse(one);
  const [otherEpoch, otherNumber] = parse(other);
  if (epoch !== otherEpoch) return STALE;
  return number < otherNumber ? one : other;
}

/** The later of two cursors; of different logs it's the second, unless that is STALE. */
function newer(one, other) {
  if (one === STALE || other === STALE) return one === STALE ? other : one;
  const [epoch, number] = parse(one);
  const [otherEpoch, otherNumber] = parse(other);
  return epoch === otherEpoch && number > otherNumber ? one : other;
}

/** @param {string} cursor @returns {[string, bigint]} numbers have up to 18 digits */
function parse(cursor) {
  const [, epoch, number] = /^([a-z0-9]+)-([0-9]+)$/.exec(cursor) ?? [null, "stale", "0"];
  return [epoch, BigInt(number)];
}
